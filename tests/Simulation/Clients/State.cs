using HeliosSync.Domain;

namespace HeliosSync.Simulation;

/// <summary>A version of a row that the server showed.</summary>
/// <param name="Lsn">Where it stands.</param>
/// <param name="Operation">What it did.</param>
/// <param name="Data">Its data.</param>
/// <param name="Clock">Its clock.</param>
/// <param name="Knows">Itself, and what its author truly knew.</param>
internal sealed record Version(long Lsn, Operation Operation, byte[] Data, Clock Clock, Knowledge Knows);

/// <summary>What a client holds of a row.</summary>
internal sealed class RowState
{
    /// <summary>The newest version that the server showed.</summary>
    public Version? Base { get; set; }

    /// <summary>What is shown instead: own edits that are not answered yet, or a peer's.</summary>
    public (Operation Operation, byte[] Data)? Local { get; set; }

    /// <summary>Whether what is shown instead is a peer's.</summary>
    public bool IsGossip { get; set; }

    /// <summary>The context of the next edit: the join of the clocks of what was shown here and merged.</summary>
    public Clock Known { get; set; } = Clock.Empty;

    /// <summary>The LSN of the version that what is shown derives from.</summary>
    public long ShownLsn { get; set; }

    /// <summary>The truth behind the clock.</summary>
    public Knowledge Knows { get; set; } = Knowledge.None;

    public (Operation Operation, byte[] Data)? Shown => Local ?? (Base is null ? null : (Base.Operation, Base.Data));

    /// <summary>Shows the server's newest version, and knows it from now on.</summary>
    public void ShowBase()
    {
        (Local, IsGossip) = (null, false);
        MergeBase();
    }

    public void MergeBase()
    {
        if (Base is not null)
        {
            Known = Known.Join(Base.Clock);
            Knows = Knows.Join(Base.Knows);
            ShownLsn = Base.Lsn;
        }
    }

    public RowState Copy() => (RowState)MemberwiseClone();
}

/// <summary>A push that was sent and not answered yet: kept, with its id and bytes, before it is sent.</summary>
internal sealed record Batch(Guid Message, byte[] Body, IReadOnlyList<Edit> Edits, bool Atomic);

/// <summary>What a client keeps on its disk.</summary>
internal sealed class State
{
    public required string Node { get; set; }

    public long LocalLsn { get; set; }

    public long Counter { get; set; }

    public long Position { get; set; }

    public string? ServerNode { get; set; }

    /// <summary>The last clock that an answer gave; what a naive client echoes.</summary>
    public Clock Echo { get; set; } = Clock.Empty;

    public Dictionary<Row, RowState> Rows { get; private init; } = [];

    public List<Edit> Outbox { get; private init; } = [];

    public Batch? Batch { get; set; }

    /// <summary>The LSNs that it was given; for the oracle alone.</summary>
    public HashSet<long> Given { get; private init; } = [];

    /// <summary>What it had when its journal turned out to be another one, to be pushed again where the server lacks it.</summary>
    public List<(Row Row, Operation Operation, byte[] Data, Knowledge Knows)> Had { get; private init; } = [];

    /// <summary>Whether it has to pull to the head before it edits (protocol 4.1).</summary>
    public bool MustPull { get; set; }

    public RowState this[Row row]
    {
        get
        {
            if (!Rows.TryGetValue(row, out var state))
            {
                Rows.Add(row, state = new RowState());
            }

            return state;
        }
    }

    public State Copy() => new()
    {
        Node = Node,
        LocalLsn = LocalLsn,
        Counter = Counter,
        Position = Position,
        ServerNode = ServerNode,
        Echo = Echo,
        Rows = Rows.ToDictionary(static r => r.Key, static r => r.Value.Copy()),
        Outbox = [.. Outbox],
        Batch = Batch,
        Given = [.. Given],
        Had = [.. Had],
        MustPull = MustPull,
    };
}
