namespace HeliosSync.Simulation;

/// <summary>How a client says what it knew of a row.</summary>
internal enum ContextKind
{
    /// <summary>The join of the clocks that it holds for the row, and its own counter.</summary>
    RowClocks,

    /// <summary>One clock for all rows: the last that an answer gave it.</summary>
    EchoedClock,

    /// <summary>The LSN of the version that it changed, and no clock.</summary>
    BaseLsn,
}

/// <summary>What a client does with a pulled change of a row for which it has an edit that is not answered yet.</summary>
internal enum OverPending
{
    /// <summary>It goes on showing its own, and waits for the report.</summary>
    Keep,

    /// <summary>It shows what it pulled.</summary>
    Show,

    /// <summary>It makes one of both at once.</summary>
    Merge,
}

/// <summary>What kind of client this is; all keep to the protocol, each in its own way.</summary>
internal sealed record Traits
{
    public required ContextKind Context { get; init; }

    public required OverPending OverPending { get; init; }

    /// <summary>Whether it follows continuation tokens; else it begins anew from each page's position.</summary>
    public required bool FollowsTokens { get; init; }

    /// <summary>The only table that it pulls and edits; null for all.</summary>
    public required string? Filter { get; init; }

    public required bool ExcludesOwn { get; init; }

    public required bool Base64 { get; init; }

    public required bool AcceptsCompressed { get; init; }

    public required int CompressedPercent { get; init; }

    public required int AtomicPercent { get; init; }

    /// <summary>Whether it forgets the message id of a push that was not answered, and pushes the same changes under another.</summary>
    public required bool Rebatches { get; init; }

    public required bool Gossips { get; init; }

    /// <summary>Whether it does not wait for the answer to its register before it pulls for the first time.</summary>
    public required bool IsHasty { get; init; }

    public required bool NamesServerNode { get; init; }

    /// <summary>Whether its pushes carry a message clock.</summary>
    public required bool TellsClock { get; init; }

    public required int PageEntries { get; init; }

    public required long SkewMicros { get; init; }

    public required long TickMicros { get; init; }

    /// <summary>Data bytes beyond the first few; large ones make the journal's index have several marks.</summary>
    public required int Padding { get; init; }

    public static Traits Draw(Chance chance, int padding, long tickMicrosMax = World.Second)
    {
        var context = chance.Below(10) switch
        {
            < 5 => ContextKind.RowClocks,
            < 8 => ContextKind.EchoedClock,
            _ => ContextKind.BaseLsn,
        };
        var isNaive = context == ContextKind.EchoedClock;
        var filter = !isNaive && chance.OneIn(5) ? "t" : null;
        return new Traits
        {
            Context = context,
            OverPending = isNaive ? OverPending.Show : (OverPending)chance.Below(3),
            FollowsTokens = !isNaive && !chance.OneIn(4),
            Filter = filter,
            ExcludesOwn = !isNaive && chance.OneIn(4),
            Base64 = chance.OneIn(3),
            AcceptsCompressed = chance.OneIn(3),
            CompressedPercent = chance.OneIn(3) ? 40 : 0,
            AtomicPercent = chance.OneIn(3) ? 50 : 0,
            Rebatches = isNaive ? chance.OneIn(2) : chance.OneIn(6),
            Gossips = context == ContextKind.RowClocks && chance.OneIn(2),
            IsHasty = chance.OneIn(4),
            NamesServerNode = !isNaive && chance.OneIn(2),
            TellsClock = isNaive || chance.OneIn(2),
            PageEntries = chance.OneIn(3) ? 1_000 : 1 + chance.Below(5),
            SkewMicros = chance.OneIn(3) ? chance.Between(-Years(10), Years(10)) : chance.Between(-World.Minute, World.Minute),
            TickMicros = chance.Between(tickMicrosMax / 10, tickMicrosMax),
            Padding = padding,
        };
    }

    public static long Years(int years) => years * 365L * 24 * 60 * World.Minute;
}
