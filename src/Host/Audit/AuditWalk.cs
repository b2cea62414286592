namespace HeliosSync.Host;

/// <summary>Goes along lines, one after the other, and says of each whether it is the next one.</summary>
/// <param name="seal">The key that the lines are sealed with.</param>
internal sealed class AuditWalk(AuditSeal seal)
{
    private bool _began;

    /// <summary>The last line that was taken.</summary>
    public AuditPlace Last { get; private set; } = AuditPlace.Beginning;

    /// <summary>What the first line says of the line before it.</summary>
    public AuditPlace Before { get; private set; }

    /// <summary>The kind of the last line; null where it is no line.</summary>
    public string? Kind { get; private set; }

    /// <summary>
    /// Takes the next line: null where it holds, else a sentence. After one that does not hold it goes on with what that one says of
    /// itself, so that a single change is a single finding, and what follows is judged too.
    /// </summary>
    public string? Take(ReadOnlySpan<byte> line)
    {
        Kind = null;
        if (!AuditLine.TryRead(line, out var body, out var own) || AuditFolder.Parse(line) is not { } json)
        {
            return "it is no line of an audit log";
        }

        using (json)
        {
            Kind = AuditFolder.TextOf(json.RootElement, "kind");
            if (!json.RootElement.TryGetProperty("seq", out var number) || !number.TryGetInt64(out var seq))
            {
                return "it has no number";
            }

            if (!_began)
            {
                if (AuditFolder.FirstOf(line) is not { } first)
                {
                    return "it is no first line of a file";
                }

                if (first.KeyId != seal.KeyId)
                {
                    return $"it was sealed with another key ({first.KeyId}; this one is {seal.KeyId})";
                }

                Last = Before = new AuditPlace(seq - 1, first.Before);
                _began = true;
            }

            var (last, isNext) = (Last, seq == Last.Seq + 1);
            var holds = own.AsSpan().SequenceEqual(seal.Of(last.Seal.Span, body));
            Last = new AuditPlace(seq, own);
            return (isNext, holds) switch
            {
                (true, true) => null,
                (true, false) => "its seal does not hold: it was changed, or what is before it",
                _ when seq > last.Seq + 1 => $"it is line {seq}: lines {last.Seq + 1} to {seq - 1} are missing before it",
                _ => $"it is line {seq}, and line {last.Seq} is before it",
            };
        }
    }
}
