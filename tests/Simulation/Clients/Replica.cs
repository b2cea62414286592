using System.IO.Hashing;
using HeliosSync.Domain;

namespace HeliosSync.Simulation;

/// <summary>
/// A client's copy of its tenant's rows, and its outbox: edits, and what answers do to both. Keeps the truth of what was shown beside
/// the clocks that it tells, and sees that its position never passes over a change that it was not given (oracle 6).
/// </summary>
internal sealed class Replica(World world, Ledger ledger, Traits traits, Zstd zstd, State state)
{
    /// <summary>All rows that there are.</summary>
    public static IReadOnlyList<Row> Rows { get; } = [new("t", 1), new("t", 2), new("u", 1), new("u", 2)];

    public State State { get; set; } = state;

    public long SkewMicros { get; set; } = traits.SkewMicros;

    public Traits Traits => traits;

    public IEnumerable<Row> OwnRows => Rows.Where(row => traits.Filter is null || row.Table == traits.Filter);

    /// <summary>The user changes something.</summary>
    public void EditSomething()
    {
        var row = world.Chance.Pick([.. OwnRows]);
        var exists = Exists(State[row].Shown);
        if (exists && world.Chance.Percent(30))
        {
            Make(row, Operation.Delete, []);
        }
        else
        {
            Make(row, exists ? Operation.Update : Operation.Insert, SomeData());
        }
    }

    /// <summary>Makes an edit on top of what is shown.</summary>
    public Edit Make(Row at, Operation operation, byte[] data)
    {
        var row = State[at];
        var clock = traits.Context switch
        {
            ContextKind.RowClocks => row.Known.With(State.Node, ++State.Counter),
            ContextKind.EchoedClock => State.Echo,
            _ => Clock.Empty,
        };
        var edit = Write(at, operation, data, clock, traits.Context == ContextKind.BaseLsn ? row.ShownLsn : 0, ++State.LocalLsn);
        row.Known = traits.Context == ContextKind.RowClocks ? clock : row.Known;
        row.Knows = row.Knows.With(edit.Id);
        (row.Local, row.IsGossip) = ((operation, data), false);
        State.Outbox.Add(edit);
        world.Tally.Edits++;
        return edit;
    }

    /// <summary>A change as it goes over the wire, known to the truth.</summary>
    public Edit Write(Row at, Operation operation, byte[] data, Clock clock, long baseLsn, long localLsn)
    {
        var isCompressed = data.Length > 0 && world.Chance.Percent(traits.CompressedPercent);
        var edit = new Edit
        {
            Id = ledger.Truth.NextId(),
            Node = State.Node,
            LocalLsn = localLsn,
            Row = at,
            Operation = operation,
            Data = data,
            Sent = isCompressed ? zstd.Wrap(data) : data,
            Compressed = isCompressed,
            Checksum = Crc32.HashToUInt32([at.Key, .. data]),
            TimestampMicros = SkewedTime.BeginMicros + world.Now + SkewMicros,
            Clock = clock,
            BaseLsn = baseLsn,
            Knows = State[at].Knows,
        };
        ledger.Truth.Add(edit);
        return edit;
    }

    public byte[] SomeData() => [ledger.Truth.Tag, (byte)world.Chance.Below(4), .. new byte[world.Chance.Below(traits.Padding + 1)]];

    /// <summary>A page of a pull.</summary>
    /// <param name="page">The page.</param>
    /// <param name="firstSyncTo">Of a pull from 0 the head that its first page pinned; of any other 0.</param>
    public void TakePage(Answer page, long firstSyncTo = 0)
    {
        foreach (var change in page.Changes)
        {
            State.Given.Add(change.Lsn);
            Take(change);
        }

        MoveTo(page.ServerLsn, firstSyncTo);
        TakeClock(page);
        if (State.MustPull && !page.HasMore)
        {
            State.MustPull = false;
            Reissue();
            PushAgain();
        }
    }

    /// <summary>The answer to a register: the position is the client's own word.</summary>
    public void TakeWelcome(Answer answer)
    {
        if (State.ServerNode is { } known && known != answer.ServerNode && ledger.RestoredLife > 0)
        {
            world.Tally.Saw(Sight.ResyncByTheWelcome);
            Resync();
        }
        else if (State.ServerNode is { } other && other != answer.ServerNode)
        {
            world.Violate(Oracle.TenantsApart, $"{State.Node} knew {other} and is welcomed by {answer.ServerNode}");
        }

        State.ServerNode = answer.ServerNode;
        if (traits.Filter is null)
        {
            MoveTo(answer.ServerLsn);
            TakeClock(answer);
        }
    }

    /// <summary>
    /// The journal is another one than it knew (docs/protocol.md 12.7): it forgets all that it knew of that, and keeps its rows and its
    /// numbers. What it has is pushed again when it has pulled what the server has.
    /// </summary>
    public void Resync()
    {
        foreach (var (at, row) in State.Rows.Where(static r => r.Value.Shown is not null))
        {
            var (operation, data) = row.Shown!.Value;
            State.Had.RemoveAll(had => had.Row == at);
            State.Had.Add((at, operation, data, row.Knows));
        }

        State.Rows.Clear();
        State.Outbox.Clear();
        State.Given.Clear();
        (State.Position, State.ServerNode, State.Echo, State.Batch, State.MustPull) = (0, null, Clock.Empty, null, true);
    }

    /// <summary>A new life: a node never used before, which pulls to the head before it edits (protocol 4.1).</summary>
    public void BeginLife(string node)
    {
        (State.Node, State.Counter, State.Batch, State.MustPull) = (node, 0, null, true);
    }

    /// <summary>The outcome of the batch.</summary>
    public void TakeOutcome(Answer answer)
    {
        var batch = State.Batch!;
        State.Batch = null;
        var lost = answer.Conflicts.Where(static c => c.Resolution != nameof(Resolution.ClientWon)).ToList();
        var told = answer.Accepted.Concat(lost.Select(static c => c.LocalLsn)).Order();
        if (answer.Code is null && !told.SequenceEqual(batch.Edits.Select(static e => e.LocalLsn).Order()))
        {
            world.Violate(Oracle.AnswerIsAllowed, $"{State.Node}: not every change of {batch.Message} stands in its answer once");
        }

        var edits = batch.Edits.ToDictionary(static e => e.LocalLsn);
        for (var i = 0; i < answer.Accepted.Count; i++)
        {
            TakeAccepted(edits[answer.Accepted[i]], answer.Assigned[i], answer.Superseded.Contains(answer.Accepted[i]));
        }

        var conflicts = new Dictionary<Row, (Edit Edit, long Lsn)>();
        foreach (var report in lost)
        {
            var edit = edits[report.LocalLsn];
            State.Outbox.Remove(edit);
            TakeVersion(State[edit.Row], VersionOf(report.ServerChange));
            if (report.Resolution == nameof(Resolution.Rejected))
            {
                conflicts[edit.Row] = (edit, report.ServerChange.Lsn);
            }
            else
            {
                // It gives way at once, also where later edits wait: what it makes next must be made of what stands.
                State[edit.Row].ShowBase();
            }
        }

        foreach (var row in batch.Edits.Select(static e => e.Row).Distinct())
        {
            Settle(row, conflicts.TryGetValue(row, out var conflict) ? conflict : default);
        }

        if (answer.Code is null && traits.Filter is null)
        {
            MoveTo(answer.ServerLsn);
            TakeClock(answer);
        }
    }

    /// <summary>A peer shows an edit that the server may not have yet. Taken where it knows all that is shown here.</summary>
    public void Hear(Edit edit)
    {
        var row = State[edit.Row];
        if (!State.MustPull && !IsPending(edit.Row) && edit.Clock.Covers(row.Known))
        {
            (row.Local, row.IsGossip) = ((edit.Operation, edit.Data), true);
            row.Known = row.Known.Join(edit.Clock);
            row.Knows = row.Knows.Join(edit.Knows).With(edit.Id);
        }
    }

    /// <summary>Gives up what peers showed: at rest, only the server's word counts.</summary>
    public void ForgetGossip()
    {
        foreach (var row in State.Rows.Values.Where(static r => r.IsGossip))
        {
            row.ShowBase();
        }
    }

    public bool IsPending(Row row) => State.Outbox.Exists(e => e.Row == row);

    private void TakeAccepted(Edit edit, long lsn, bool isSuperseded)
    {
        State.Outbox.Remove(edit);
        if (isSuperseded)
        {
            return;
        }

        var row = State[edit.Row];
        var standing = ledger.At(lsn);
        var clock = Clock.Empty.With(State.ServerNode!, lsn);
        var version = new Version(lsn, edit.Operation, edit.Data, clock, standing.Knows.With(standing.Id));
        TakeVersion(row, version);
        row.Known = row.Known.Join(clock);
        row.Knows = row.Knows.Join(version.Knows);
        row.ShownLsn = Math.Max(row.ShownLsn, lsn);
    }

    /// <summary>After an answer: shows the server's version where nothing is pending, or makes one of both after a conflict.</summary>
    private void Settle(Row at, (Edit? Edit, long Lsn) conflict)
    {
        var row = State[at];
        if (conflict.Edit is not null)
        {
            State.Outbox.RemoveAll(e => e.Row == at && e.KnownLsn(State.ServerNode!) < conflict.Lsn);
            if (!IsPending(at))
            {
                world.Tally.Saw(Sight.MergedAfterAConflict);
                Merge(at, row.Local ?? (conflict.Edit.Operation, conflict.Edit.Data));
            }
        }
        else if (!IsPending(at))
        {
            row.ShowBase();
        }
    }

    private void Take(ShownChange change)
    {
        var row = State[change.Row];
        State.Outbox.RemoveAll(e =>
            e.Node == change.Author && e.LocalLsn == change.AuthorLsn && State.Batch?.Edits.Contains(e) != true);
        var counter = change.Clock[change.Author];
        var isKnown = change.Author == State.Node || row.Known[State.ServerNode!] >= change.Lsn
            || (counter > 0 && row.Known[change.Author] >= counter);
        if (!TakeVersion(row, VersionOf(change)))
        {
            return;
        }

        if (!IsPending(change.Row))
        {
            if (!isKnown || !row.IsGossip)
            {
                row.ShowBase();
            }
        }
        else if (isKnown)
        {
            row.MergeBase();
        }
        else if (traits.OverPending == OverPending.Show)
        {
            row.ShowBase();
        }
        else if (traits.OverPending == OverPending.Merge && State.Batch?.Edits.Any(e => e.Row == change.Row) != true)
        {
            State.Outbox.RemoveAll(e => e.Row == change.Row);
            world.Tally.Saw(Sight.MergedAtPull);
            Merge(change.Row, row.Local);
        }
    }

    private static bool TakeVersion(RowState row, Version version)
    {
        if (row.Base is { } known && known.Lsn >= version.Lsn)
        {
            return false;
        }

        row.Base = version;
        return true;
    }

    /// <summary>Takes theirs, keeps mine, or makes a third, in any case knowing both.</summary>
    private void Merge(Row at, (Operation Operation, byte[] Data)? mine)
    {
        var row = State[at];
        var theirsExists = Exists((row.Base!.Operation, row.Base.Data));
        row.ShowBase();
        if (mine is null || traits.Context == ContextKind.EchoedClock || world.Chance.OneIn(3))
        {
            return;
        }

        if (!Exists(mine))
        {
            if (theirsExists)
            {
                Make(at, Operation.Delete, []);
            }

            return;
        }

        Make(at, theirsExists ? Operation.Update : Operation.Insert, world.Chance.OneIn(2) ? mine.Value.Data : SomeData());
    }

    /// <summary>In a new life, edits of the former one that did not turn up in the pull are made anew.</summary>
    private void Reissue()
    {
        foreach (var edit in State.Outbox.Where(e => e.Node != State.Node).ToList())
        {
            State.Outbox.Remove(edit);
            var row = State[edit.Row];
            if (row.Base is { } theirs && row.Known[State.ServerNode!] < theirs.Lsn)
            {
                Merge(edit.Row, (edit.Operation, edit.Data));
            }
            else
            {
                Make(edit.Row, edit.Operation, edit.Data);
            }
        }
    }

    /// <summary>What the server lacks or has otherwise is made anew, on top of what it has.</summary>
    private void PushAgain()
    {
        foreach (var (at, operation, data, knows) in State.Had.ToList())
        {
            var row = State[at];
            var isSame = Exists(row.Shown) == Exists((operation, data))
                && (!Exists(row.Shown) || row.Shown!.Value.Data.AsSpan().SequenceEqual(data));
            if (!isSame && !IsPending(at))
            {
                world.Tally.Saw(Sight.PushedAgain);
                row.Knows = row.Knows.Join(knows);
                Make(at, operation, data);
            }
        }

        State.Had.Clear();
    }

    private void MoveTo(long lsn, long firstSyncTo = 0)
    {
        for (var passed = State.Position + 1; passed <= Math.Min(lsn, ledger.Head); passed++)
        {
            var change = ledger.At(passed);
            var isHad = State.Given.Contains(passed) || change.Node == State.Node || ledger.IsCompacted(passed)
                || (traits.Filter is not null && change.Row.Table != traits.Filter);
            if (!isHad && ledger.IsSuperseded(passed, firstSyncTo))
            {
                world.Tally.Saw(Sight.FirstSyncLeftOut);
            }
            else if (!isHad)
            {
                world.Violate(Oracle.PositionPassesNothing, $"{State.Node} moves from {State.Position} to {lsn}, over {passed}: {change}");
                return;
            }
        }

        State.Position = Math.Max(State.Position, lsn);
    }

    private void TakeClock(Answer answer)
    {
        State.Echo = traits.Context == ContextKind.EchoedClock ? State.Echo.Join(answer.Clock) : State.Echo;
        State.Counter = Math.Max(State.Counter, answer.Clock[State.Node]);
    }

    private Version VersionOf(ShownChange change)
    {
        var edit = ledger.At(change.Lsn);
        var data = change.Compressed ? zstd.Unwrap(change.Data) : change.Data;
        return new Version(change.Lsn, change.Operation, data, change.Clock, edit.Knows.With(edit.Id));
    }

    private static bool Exists((Operation Operation, byte[] Data)? shown) => shown is { Operation: not Operation.Delete };
}
