using System.Text;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>
/// The second of compaction's two readings: takes a tenant's events in order, up to the scope's end, and says which rows of the journal
/// change. What it said up to a <see cref="Pause"/> is one step: made in one transaction, it leaves a journal that is whole.
/// </summary>
/// <param name="survey">What must stay.</param>
public sealed class Compactor(CompactionSurvey survey)
{
    /// <summary>A push that loses nothing is written anew only where it is that small, to spare the row before it.</summary>
    private const int AbsorbingBytesMax = 4_096;

    private readonly Dictionary<string, long> _accepted = [];
    private readonly Dictionary<string, long> _conflicts = [];
    private readonly GapRun _run = new(survey.Scope.PersistenceId);
    private long _head;

    /// <summary>What was found so far.</summary>
    public CompactionFigures Figures { get; } = new() { Events = survey.Found.Events, Bytes = survey.Found.Bytes };

    /// <summary>
    /// Before anything else: takes one of <see cref="CompactionSurvey.Carriers"/>, and has it say where its node and client stand.
    /// </summary>
    public void Carry(long sequence, string manifest, byte[] bytes, ICollection<JournalEdit> edits)
    {
        if (EventManifests.IsPush(manifest) && TryCarry(sequence, new PushedView(bytes)) is { } carrying)
        {
            edits.Add(new JournalEdit(sequence, carrying));
        }
    }

    /// <summary>Takes the next event and adds what becomes of the journal's rows.</summary>
    public void Take(long sequence, string manifest, byte[] bytes, ICollection<JournalEdit> edits)
    {
        if (EventManifests.IsPush(manifest))
        {
            var view = new PushedView(bytes);
            // Where nothing is changed, it has not been written; what becomes of it is the same.
            var carrying = TryCarry(sequence, view);
            TakePush(sequence, carrying is null ? view : new PushedView(carrying), edits);
            return;
        }

        if (manifest == EventManifests.Registered)
        {
            _conflicts.Remove(EventReader.ClientsNoted(manifest, bytes)[0].Value);
        }

        if (manifest == EventManifests.Seen
            && !EventReader.ClientsNoted(manifest, bytes).Any(c => survey.IsLastOfClient(c.Value, sequence)))
        {
            Empty(sequence, sequence, _head + 1, _head, isGap: false, edits);
            return;
        }

        Close(edits);
        Leave(bytes.Length);
    }

    /// <summary>Ends a step: the next one goes on behind it.</summary>
    public void Pause(ICollection<JournalEdit> edits) => _run.Cover(edits);

    /// <summary>Ends the last step.</summary>
    public void End(ICollection<JournalEdit> edits) => Close(edits);

    private void TakePush(long sequence, in PushedView view, ICollection<JournalEdit> edits)
    {
        _head = view.LastLsn;
        if (view.Client.IsEmpty)
        {
            Empty(sequence, view.FirstSequence(sequence), view.FirstLsn, view.LastLsn, isGap: true, edits);
            return;
        }

        var node = Encoding.ASCII.GetString(view.Author.Span);
        var client = Encoding.ASCII.GetString(view.Client.Span);
        var withOutcome = view.HasOutcome && survey.IsRemembered(sequence);
        var remainders = new Remainder[view.ChangeCount];
        var found = Judge(in view, sequence, withOutcome, remainders);
        var settled = Settled(in view, withOutcome);
        var accepted = Math.Max(_accepted.GetValueOrDefault(node), view.IsCompacted ? view.AcceptedCounter : found.Counter);
        var conflicts = view.IsCompacted ? view.Conflicts : _conflicts.GetValueOrDefault(client) + found.Conflicts;
        (_accepted[node], _conflicts[client]) = (accepted, conflicts);
        if (!withOutcome && settled.Count == 0 && !found.Remains && !survey.IsLastOfNode(node, sequence))
        {
            Empty(sequence, view.FirstSequence(sequence), view.FirstLsn, view.LastLsn, isGap: false, edits);
            return;
        }

        var absorbs = _run.IsOpen && (found.Loses || view.Bytes.Length <= AbsorbingBytesMax);
        if (!found.Loses && !absorbs)
        {
            Close(edits);
            Leave(view.Bytes.Length + EventWriter.ChecksumBytes);
            Figures.EventsRewritten += survey.TryCarry(sequence, out _) ? 1 : 0;
            return;
        }

        var from = _run.Absorb(sequence, in view, edits);
        var place = new CompactedPlace(sequence - from.Sequence, from.Lsn, accepted, conflicts);
        var left = CompactedWriter.Write(in view, in place, withOutcome, remainders, settled);
        EventSeal.Bind(left, EventSeal.PlaceOf(survey.Scope.PersistenceId, sequence, EventManifests.Compacted));
        edits.Add(new JournalEdit(sequence, left));
        Figures.EventsRewritten++;
        Leave(left.Length);
    }

    /// <summary>A push with everything it has, and with where its node and client stand after it; null where it needs none of it.</summary>
    private byte[]? TryCarry(long sequence, in PushedView view)
    {
        if (view.IsCompacted || !survey.TryCarry(sequence, out var place))
        {
            return null;
        }

        var remainders = new Remainder[view.ChangeCount];
        Array.Fill(remainders, Remainder.Whole);
        var bytes = CompactedWriter.Write(in view, in place, withOutcome: true, remainders, view.Settled() ?? []);
        EventSeal.Bind(bytes, EventSeal.PlaceOf(survey.Scope.PersistenceId, sequence, EventManifests.Compacted));
        return bytes;
    }

    /// <summary>Of an event nothing is left. One that may not go stands for itself, and for those before it.</summary>
    private void Empty(long sequence, long firstSequence, long firstLsn, long lastLsn, bool isGap, ICollection<JournalEdit> edits)
    {
        _run.Add(sequence, firstSequence, firstLsn, lastLsn, isGap, edits);
        if (sequence > survey.Scope.LastRemovable)
        {
            Close(edits);
        }
    }

    private void Close(ICollection<JournalEdit> edits)
    {
        if (_run.IsOpen)
        {
            Leave(_run.Close(edits));
        }
    }

    private void Leave(int bytes)
    {
        Figures.EventsLeft++;
        Figures.BytesLeft += bytes;
    }

    /// <summary>What becomes of each change.</summary>
    private Found Judge(in PushedView view, long sequence, bool withOutcome, Remainder[] remainders)
    {
        var found = default(Found);
        var walk = new PushedWalk(view);
        for (var i = 0; walk.MoveNext(); i++)
        {
            var isConflict = walk.Conflict != ConflictType.None;
            var logged = isConflict && !walk.IsUnlogged
                && survey.IsLogged((sequence * Limits.BatchChangesMax) + walk.Place);
            var remainder = RemainderOf(in walk, withOutcome, logged);
            remainders[i] = remainder;
            if (walk.Verdict == Verdict.Accepted && walk.HasRecord)
            {
                CountChange(in view, in walk, remainder < Remainder.WithoutConflict);
            }

            var hadRecord = walk.HasRecord;
            found.Counter = walk.Verdict == Verdict.Accepted ? Math.Max(found.Counter, walk.Counter) : found.Counter;
            found.Conflicts += walk.Verdict == Verdict.Conflicting ? 1 : 0;
            found.Remains |= remainder != Remainder.Nothing;
            found.Loses |= (hadRecord && remainder < Remainder.WithoutConflict)
                || (isConflict && !logged && !(walk.IsUnlogged && remainder == Remainder.Unlogged));
        }

        return found;
    }

    private Remainder RemainderOf(in PushedWalk walk, bool withOutcome, bool logged)
    {
        var isConflict = walk.Conflict != ConflictType.None;
        if (isConflict && (logged || withOutcome))
        {
            return logged ? Remainder.Whole : Remainder.Unlogged;
        }

        if (walk.Verdict == Verdict.Accepted && walk.HasRecord && survey.Stays(walk.Lsn))
        {
            return isConflict ? Remainder.WithoutConflict : Remainder.Whole;
        }

        return !withOutcome ? Remainder.Nothing
            : EventWriter.IsWhole(walk.Verdict) ? Remainder.OutcomeAlone : Remainder.Whole;
    }

    private List<ConflictSettled> Settled(in PushedView view, bool withOutcome) =>
        view.Settled() is { } settled ? [.. settled.Where(s => withOutcome || survey.IsLogged(s.Id))] : [];

    private void CountChange(in PushedView view, in PushedWalk walk, bool goes)
    {
        var record = walk.Record();
        var table = Figures.Of(view.Table(record.Table).Span);
        table.Changes++;
        table.Removed += goes ? 1 : 0;
        table.RemovedBytes += goes ? record.KeyBytes + record.StoredBytes : 0;
    }

    private struct Found
    {
        public long Counter;
        public int Conflicts;
        public bool Remains;
        public bool Loses;
    }
}
