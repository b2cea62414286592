using HeliosSync.Domain;

namespace HeliosSync.Property;

/// <summary>
/// The client of the quick start: it stores <c>server_lsn</c> after every page and every push, uses the clock it was last given
/// for whatever it changes next, and ignores continuation tokens. What differs between such clients is chance.
/// </summary>
internal sealed class NaiveClient
{
    private readonly Stage _stage;
    private readonly Random _random;
    private readonly string _name;
    private readonly bool _mergesClocks;
    private readonly bool _raisesCounter;
    private readonly bool _sendsMessageClock;
    private readonly bool _lowersPosition;
    private readonly Dictionary<int, Entry> _rows = [];
    private HashSet<long> _given = [];
    private VectorClock _clock = VectorClock.Empty;
    private Push? _unanswered;
    private NodeId _node;
    private long _position;
    private long _lsn;
    private int _lives;

    public NaiveClient(Stage stage, string name, Random random)
    {
        (_stage, _name, _random, _node) = (stage, name, random, Tiny.Node(name));
        (_mergesClocks, _raisesCounter) = (random.Next(2) == 0, random.Next(2) == 0);
        (_sendsMessageClock, _lowersPosition) = (random.Next(2) == 0, random.Next(2) == 0);
        Assert.Null(stage.Register(name));
    }

    /// <summary>What came up in this client's life, for the test that all of it does.</summary>
    public HashSet<string> Seen { get; } = [];

    private ClientId Id => Tiny.Client(_name);

    public void Act()
    {
        switch (_random.Next(12))
        {
            case < 4:
                Pull();
                break;
            case < 9:
                Push();
                break;
            case 9:
                _stage.Tenant.SetPosition(Id, _position);
                break;
            case 10:
                PullOneRow();
                break;
            default:
                Restart();
                break;
        }

        CheckPosition();
    }

    /// <summary>Pulls until nothing is left, and then has every row as it stands.</summary>
    public void End()
    {
        while (Pull())
        {
            CheckPosition();
        }

        Assert.Equal(_stage.Tenant.Head, _position);
        foreach (var last in _stage.Entries.GroupBy(e => e.Row).Select(row => row.Last()))
        {
            Assert.Equal(last, _rows.GetValueOrDefault(last.Row));
        }
    }

    /// <summary>One page; whether there was more.</summary>
    private bool Pull()
    {
        _stage.Tenant.SetPosition(Id, _position);
        var withoutOwn = _random.Next(4) == 0;
        var page = new PageCut(_position, _stage.Tenant.Head, _random.Next(1, 5), _random.Next(1, 9));
        foreach (var entry in _stage.Entries.TakeWhile(_ => !page.IsFull))
        {
            if (page.Offer(entry.Lsn, _random.Next(4), !withoutOwn || entry.Author != _node))
            {
                Receive(entry);
            }
        }

        Store(page.ServerLsn, 0);
        return page.HasMore;
    }

    /// <summary>A filtered pull: what it gives is kept, its position is for the filter alone, its clock has no server entry.</summary>
    private void PullOneRow()
    {
        var row = _random.Next(4);
        var page = new PageCut(0, _stage.Tenant.Head, 100);
        foreach (var entry in _stage.Entries)
        {
            if (page.Offer(entry.Lsn, 1, entry.Row == row))
            {
                Receive(entry);
            }
        }

        Seen.Add("filtered");
    }

    private void Push()
    {
        _unanswered ??= Make();
        var push = _unanswered;
        var known = push.Changes.ToArray().ToDictionary(c => c.LocalLsn, c => Knows(c.Key.Span[0]));
        var decision = _stage.Push(push);
        Assert.Null(decision.Refusal);
        foreach (var judgement in decision.Event?.Judgements.ToArray() ?? [])
        {
            Assert.True(judgement.Verdict != Verdict.Accepted || known[judgement.LocalLsn], $"{_name} overwrote what it was never given");
            Seen.Add($"{judgement.Verdict}");
        }

        foreach (var own in _stage.Entries.Where(e => e.Author == _node && !_given.Contains(e.Lsn)))
        {
            Receive(own);
        }

        CheckPosition();
        if (_random.Next(3) == 0)
        {
            Seen.Add("answer lost");
            return;
        }

        Seen.Add(decision.RepeatOf > 0 ? "repeat" : decision.Follows ? "follows" : "does not follow");
        _unanswered = null;
        Store(decision.ServerLsn, _stage.Tenant.StandingOf(Id).JudgedCounter);
    }

    private Push Make()
    {
        var changes = new PushedChange[_random.Next(1, 4)];
        var clock = _clock;
        for (var i = 0; i < changes.Length; i++)
        {
            clock = _raisesCounter ? clock.Advance(_node) : clock;
            changes[i] = Tiny.Change(++_lsn, Tiny.Operations[_random.Next(3)], _random.Next(4), _random.Next(3), clock);
        }

        _clock = clock;
        return _stage.Batch(_name, _sendsMessageClock ? clock : VectorClock.Empty, changes) with { Atomic = _random.Next(5) == 0 };
    }

    /// <summary>The app starts again: usually with its state, sometimes with nothing and a new node.</summary>
    private void Restart()
    {
        if (_random.Next(2) == 0)
        {
            Assert.Null(_stage.Register(_name, _node.Value, _position, _lsn));
            return;
        }

        Seen.Add("reinstalled");
        _node = Tiny.Node($"{_name}#{++_lives}");
        (_position, _lsn, _clock, _unanswered, _given) = (0, 0, VectorClock.Empty, null, []);
        _rows.Clear();
        Assert.Null(_stage.Register(_name, _node.Value, 0, 0));
    }

    private void Receive(Entry entry)
    {
        _given.Add(entry.Lsn);
        if (!_rows.TryGetValue(entry.Row, out var held) || held.Lsn < entry.Lsn)
        {
            _rows[entry.Row] = entry;
        }
    }

    /// <summary>Stores the answer's position, and takes its clock for what is known from now on.</summary>
    private void Store(long serverLsn, long ownCounter)
    {
        _position = _lowersPosition ? serverLsn : Math.Max(_position, serverLsn);
        var answered = VectorClock.Empty.With(Tiny.Server, serverLsn).With(_node, ownCounter);
        _clock = _mergesClocks ? _clock.Merge(answered) : answered;
    }

    private bool Knows(int row) =>
        _stage.Entries.LastOrDefault(e => e.Row == row) is not { } standing || _given.Contains(standing.Lsn) || standing.Author == _node;

    /// <summary>Whatever this client was told, or the server believes of it, covers nothing that it was not given.</summary>
    private void CheckPosition()
    {
        var told = new[] { _position, _clock[Tiny.Server], _stage.Tenant.StandingOf(Id).Position }.Max();
        Assert.All(_stage.Entries.Where(e => e.Lsn <= told), e => Assert.True(
            _given.Contains(e.Lsn) || e.Author == _node, $"{_name} stands at {told} and was never given {e.Lsn}"));
    }
}
