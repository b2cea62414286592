using System.IO.Hashing;
using HeliosSync.Codec;

namespace HeliosSync.Fuzz.Codec;

/// <summary>
/// What stands before a stored snapshot: a byte that says how long it is without its CRC, which the target puts in, then the envelope and
/// the snapshot. Read or refused as corrupt; what is read is the same when it is wrapped around the same snapshot and read again.
/// </summary>
internal sealed class EnvelopeTarget : FuzzTarget
{
    public override string Name => "envelope";

    public override int Share => 4;

    public override int InputBytesMax => 300;

    public override IReadOnlyList<byte[]> Tokens => StoredEvents.Tokens;

    public override IEnumerable<byte[]> Seeds()
    {
        var sequence = 1L;
        foreach (var name in new[] { "", "t", "tenant:größe", new string('n', 120) })
        {
            sequence *= 70_000;
            var stored = new SnapshotEnvelope(name, sequence, 7).Wrap([1, 2, 3]);
            var bytes = stored.Length - 3 - sizeof(uint);
            yield return [(byte)bytes, .. stored[..bytes], 1, 2, 3];
        }
    }

    public override bool Run(byte[] input)
    {
        if (input.Length == 0)
        {
            return false;
        }

        var bytes = Math.Min(input[0], input.Length - 1);
        var head = input.AsSpan(1, bytes).ToArray();
        byte[] stored = [.. head, .. BitConverter.GetBytes(Crc32.HashToUInt32(head)), .. input.AsSpan(1 + bytes)];
        var read = Oracle.SameInAnySurroundings(stored, static all => Read(all.Span));
        if (read is not { } found)
        {
            return false;
        }

        var snapshot = stored.AsSpan(found.At);
        var again = Read(found.Envelope.Wrap(snapshot));
        Oracle.Same(found.Envelope, again?.Envelope, "an envelope that is written is read back");
        Oracle.Same(bytes + sizeof(uint), found.At, "the snapshot begins just behind the envelope's CRC");
        return true;
    }

    private static (SnapshotEnvelope Envelope, int At)? Read(ReadOnlySpan<byte> stored)
    {
        try
        {
            return (SnapshotEnvelope.Read(stored, out var at), at);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }
}
