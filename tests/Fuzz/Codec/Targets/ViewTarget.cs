using System.Buffers;
using System.IO.Hashing;
using System.Text.Json;
using HeliosSync.Codec;
using HeliosSync.Domain;
using HeliosSync.Property;
using HeliosSync.Property.Codec;

namespace HeliosSync.Fuzz.Codec;

/// <summary>
/// A stored push as pages and answers see it, whose CRC nobody looks at: walked, found, paged and written, or refused as corrupt. What
/// replay reads in it is what the views show.
/// </summary>
internal sealed class ViewTarget : FuzzTarget
{
    private static readonly string[][] Filters = [["t"], ["tasks", "t"], ["x"]];

    private readonly PullWriter _pulls = new(JournalSamples.Zstd);
    private readonly AckWriter _acks = new(JournalSamples.Zstd);

    public override string Name => "view";

    public override int Share => 4;

    public override IReadOnlyList<byte[]> Tokens => StoredEvents.Tokens;

    public override IEnumerable<byte[]> Seeds() => StoredEvents.Pushes(InputBytesMax);

    public override bool Run(byte[] input)
    {
        if (input.Length < 2)
        {
            return false;
        }

        var random = new Random((int)Crc32.HashToUInt32(input));
        var stored = StoredEvents.Sealed(input);
        var walked = Oracle.SameInAnySurroundings(stored, static bytes => Oracle.Bounded(
            bytes.Length, 300, 1_024 * 1_024, () => Guarded(() => Walked(new PushedView(bytes)), "")));
        Paged(stored, random, walked.Length > 0);
        AgreesWithReplay(stored, walked);
        return walked.Length > 0;
    }

    /// <summary>All that the views say, as text; empty where the bytes are corrupt.</summary>
    private static string Walked(PushedView view)
    {
        var text = new System.Text.StringBuilder($"{view.Message} {view.FirstLsn} {view.LastLsn} {view.Refused};");
        var lsn = view.FirstLsn;
        foreach (var change in view.Accepted())
        {
            Oracle.Holds(view.IsCompacted ? change.Lsn >= lsn : change.Lsn == lsn, "accepted LSNs are dense, or compacted");
            lsn = change.Lsn + 1;
            Oracle.Holds(view.TryFind(change.Lsn, out var found) && found.Key.Span.SequenceEqual(change.Key.Span), "each can be found");
            text.Append(CultureFree($"{change.Lsn} {change.AuthorLsn} {change.Operation} {Crc32.HashToUInt32(change.Data.Span)};"));
        }

        Oracle.Holds(
            view.IsCompacted ? lsn <= view.LastLsn + 1 : lsn == view.LastLsn + 1, "as many are accepted as the head says");
        foreach (var outcome in view.Outcomes())
        {
            text.Append(CultureFree($"{outcome.Verdict} {outcome.LocalLsn} {outcome.Lsn} {outcome.Conflict};"));
        }

        return text.ToString();
    }

    private static string CultureFree(FormattableString text) => FormattableString.Invariant(text);

    /// <summary>A page holds what was asked for and no more, and is JSON when it is written; so is the acknowledgement.</summary>
    private void Paged(byte[] stored, Random random, bool isGood)
    {
        var pull = new Pull(
            Guid.Empty, Tiny.Client("a"), 0, random.Next(1, 6), null, null, random.Next(3) == 0 ? random.GetItems(Filters, 1)[0] : null,
            random.Next(3) == 0, random.Next(2) == 0, random.Next(2) == 0);
        Guarded(
            () =>
            {
                var view = new PushedView(stored);
                var after = view.FirstLsn - 1;
                var pinned = Math.Min(view.LastLsn, after + random.Next(8));
                var page = new PageBuilder(pull, after, pinned, Tiny.Node("a"));
                page.Add(stored);
                Oracle.Holds(page.ServerLsn >= after && page.ServerLsn <= pinned, "a page's position lies within what it pages");
                Oracle.Holds(page.Changes.Count <= pull.MaxEntries, "a page holds no more entries than asked for");
                Oracle.Holds(page.Changes.All(c => c.Lsn > after && c.Lsn <= page.ServerLsn), "a page's changes lie within its position");
                Oracle.Holds(!isGood || !page.HasMore || page.IsFull, "a page that is not full ends at the head");
                IsJson(to => _pulls.Write(to, pull, page, Tiny.ServerGuid, view.LastLsn, "token"));
                Acknowledged(stored, view);
                return true;
            },
            false);
    }

    private void Acknowledged(byte[] stored, PushedView view)
    {
        var versions = new Dictionary<long, ServerChange>();
        StoredChange? some = null;
        foreach (var change in view.Accepted())
        {
            some = change;
        }

        foreach (var outcome in view.Outcomes())
        {
            if (outcome.Conflict != ConflictType.None && some is { } version)
            {
                versions[outcome.MetLsn] = new ServerChange(version, outcome.MetLsn % 2 == 0);
            }
            else if (outcome.Conflict != ConflictType.None)
            {
                return;
            }
        }

        IsJson(to => _acks.Write(to, stored, versions, view.LastLsn, view.LastLsn, Tiny.ServerGuid, Tiny.Node("a"), 1));
        IsJson(to => _acks.WriteRefused(to, stored, versions, Tiny.ServerGuid, "request"));
    }

    private static void IsJson(Action<IBufferWriter<byte>> write)
    {
        var to = new ArrayBufferWriter<byte>();
        write(to);
        try
        {
            using var document = JsonDocument.Parse(to.WrittenMemory);
        }
        catch (JsonException bad)
        {
            throw new OracleException("an answer is JSON: " + bad.Message);
        }
    }

    /// <summary>
    /// What replay takes the views take, with the same outcomes; replay also decompresses and checks alphabets, so not the reverse.
    /// </summary>
    private static void AgreesWithReplay(byte[] stored, string walked)
    {
        var manifest = EventWriter.ManifestOf(stored[0]);
        var read = Guarded(() => JournalSamples.Reader.Read(manifest, stored) as Pushed, null);
        if (read is null)
        {
            return;
        }

        Oracle.Holds(walked.Length > 0, "what replay reads can be walked");
        foreach (var judgement in read.Judgements.Span)
        {
            var outcome = CultureFree($"{judgement.Verdict} {judgement.LocalLsn} {judgement.Lsn} {judgement.Conflict};");
            Oracle.Holds(walked.Contains(outcome, StringComparison.Ordinal), $"the views show {outcome}");
        }
    }

    private static T Guarded<T>(Func<T> read, T ifCorrupt)
    {
        try
        {
            return read();
        }
        catch (InvalidDataException)
        {
            return ifCorrupt;
        }
    }
}
