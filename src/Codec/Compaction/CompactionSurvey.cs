using System.Text;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>
/// The first of compaction's two readings: goes through a tenant's whole journal, in order, and finds what must stay of the events up to
/// the scope's end. It keeps about 50 bytes a row in memory until it is closed, and 8 afterwards.
/// </summary>
/// <param name="scope">How far the compaction goes.</param>
/// <param name="needs">What the tenant's state needs, taken when <see cref="CompactionScope.HeadSequence"/> was its durable head.</param>
/// <param name="hash">Tells rows.</param>
public sealed class CompactionSurvey(CompactionScope scope, JournalNeeds needs, KeyedHash hash)
{
    private readonly Dictionary<Hash128, long> _lastOfRow = [];
    private readonly HashSet<long> _met = [.. needs.Conflicts.Values];
    private readonly Dictionary<string, Standing> _nodes = [];
    private readonly Dictionary<string, long> _conflicts = [];
    private readonly Dictionary<long, CompactedPlace> _carriers = [];
    private readonly Dictionary<string, long> _lastOfClient = [];
    private long[]? _stay;

    /// <summary>How far the compaction goes.</summary>
    public CompactionScope Scope => scope;

    /// <summary>The head after the scope's last event: per row, only the last change up to it stays.</summary>
    public long HorizonLsn { get; private set; }

    /// <summary>Events up to the scope's end, and their bytes.</summary>
    public (long Events, long Bytes) Found { get; private set; }

    /// <summary>
    /// The last events of nodes that do not say by themselves where node and client stand: they are written anew before any other goes.
    /// Else what those said would be lost where compaction is cut off in between.
    /// </summary>
    public IReadOnlyList<long> Carriers => [.. _carriers.Keys.Order()];

    /// <summary>Takes the next event. Corrupt bytes are an <see cref="InvalidDataException"/>.</summary>
    public void Take(long sequence, string manifest, ReadOnlyMemory<byte> bytes)
    {
        Found = sequence <= scope.LastSequence ? (Found.Events + 1, Found.Bytes + bytes.Length) : Found;
        if (EventManifests.IsPush(manifest))
        {
            TakePush(sequence, new PushedView(bytes));
        }
        else if (sequence <= scope.LastSequence)
        {
            foreach (var client in EventReader.ClientsNoted(manifest, bytes))
            {
                _lastOfClient[client.Value] = sequence;
                if (manifest == EventManifests.Registered)
                {
                    _conflicts.Remove(client.Value);
                }
            }
        }
    }

    /// <summary>Every event was taken.</summary>
    public void Close()
    {
        _stay = [.. _lastOfRow.Values.Concat(_met).Distinct()];
        Array.Sort(_stay);
        _lastOfRow.Clear();
        _lastOfRow.TrimExcess();
        _met.Clear();
        foreach (var node in _nodes.Values.Where(static node => node.NeedsMore))
        {
            _carriers.Add(node.Sequence, new CompactedPlace(0, node.FirstLsn, node.Accepted, node.Conflicts));
        }
    }

    /// <summary>Whether that event is to say where its node and client stand after it, and what.</summary>
    internal bool TryCarry(long sequence, out CompactedPlace place) => _carriers.TryGetValue(sequence, out place);

    /// <summary>Whether the accepted change with that LSN stays.</summary>
    internal bool Stays(long lsn) => Array.BinarySearch(_stay!, lsn) >= 0;

    /// <summary>Whether the push's outcome can be asked for again.</summary>
    internal bool IsRemembered(long sequence) => needs.Outcomes.Contains(sequence);

    /// <summary>Whether the conflict log has that conflict.</summary>
    internal bool IsLogged(long conflict) => needs.Conflicts.ContainsKey(conflict);

    /// <summary>Whether it is the last event of that node. A client's last push is also the last of one of its nodes.</summary>
    internal bool IsLastOfNode(string node, long sequence) => _nodes.GetValueOrDefault(node).Sequence == sequence;

    /// <summary>Whether it is the last word of the client.</summary>
    internal bool IsLastOfClient(string client, long sequence) => _lastOfClient.GetValueOrDefault(client) == sequence;

    private void TakePush(long sequence, in PushedView view)
    {
        var inScope = sequence <= scope.LastSequence;
        HorizonLsn = inScope ? view.LastLsn : HorizonLsn;
        // Above the horizon everything stays, and so does what a report of it shows; below, what a repeat is answered with.
        var keepsMet = !inScope || IsRemembered(sequence);
        var (counter, conflicts) = (0L, 0L);
        var walk = new PushedWalk(view);
        while (walk.MoveNext())
        {
            counter = walk.Verdict == Verdict.Accepted ? Math.Max(counter, walk.Counter) : counter;
            conflicts += walk.Verdict == Verdict.Conflicting ? 1 : 0;
            if (walk.Conflict != ConflictType.None && keepsMet)
            {
                _met.Add(walk.MetLsn);
            }

            if (inScope && walk.HasRecord && walk.Verdict == Verdict.Accepted)
            {
                var record = walk.Record();
                var key = view.Slice(record.KeyAt, record.KeyBytes);
                _lastOfRow[hash.OfRow(view.Table(record.Table).Span, key.Span)] = walk.Lsn;
            }
        }

        if (inScope && !view.Client.IsEmpty)
        {
            Stand(sequence, in view, counter, conflicts);
        }
    }

    private void Stand(long sequence, in PushedView view, long counter, long conflicts)
    {
        var node = Encoding.ASCII.GetString(view.Author.Span);
        var client = Encoding.ASCII.GetString(view.Client.Span);
        _lastOfClient[client] = sequence;
        var accepted = Math.Max(_nodes.GetValueOrDefault(node).Accepted, view.IsCompacted ? view.AcceptedCounter : counter);
        var all = view.IsCompacted ? view.Conflicts : _conflicts.GetValueOrDefault(client) + conflicts;
        _conflicts[client] = all;
        var needsMore = !view.IsCompacted && (accepted != counter || all != conflicts);
        _nodes[node] = new Standing(sequence, view.FirstLsn, accepted, all, needsMore);
    }

    /// <summary>Where a node and its client stand after its last event so far, and whether that event says it by itself.</summary>
    private readonly record struct Standing(long Sequence, long FirstLsn, long Accepted, long Conflicts, bool NeedsMore);
}
