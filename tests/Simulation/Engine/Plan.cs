using HeliosSync.Actors;
using HeliosSync.Domain;

namespace HeliosSync.Simulation;

/// <summary>What a seed's run is like, drawn from the seed: how many clients, how bad the network, the journal and the crashes.</summary>
internal sealed record Plan
{
    public required Weather Weather { get; init; }

    public required Disk Disk { get; init; }

    public required int SnapshotFailPercent { get; init; }

    public required int SnapshotEvents { get; init; }

    public required long TailBytes { get; init; }

    public required long PassivateMicros { get; init; }

    public required int Crashes { get; init; }

    public required int Padding { get; init; }

    /// <summary>The conflict policy of every tenant and table.</summary>
    public ConflictPolicy Policy { get; init; }

    /// <summary>How long things go wrong before they heal.</summary>
    public required long StormMicros { get; init; }

    /// <summary>
    /// Whether clients are forgotten: by an administrator at any moment, and by upkeep when the server's clock jumps. In the other runs
    /// every message id is remembered to the end, and no client is told to register again.
    /// </summary>
    public required bool Forgets { get; init; }

    /// <summary>Changes up to which a client that begins at 0 is given all; few, where it is to be given the rows' latest.</summary>
    public required long FirstSyncChanges { get; init; }

    /// <summary>Whether a backup of the journal is made, and later is all that is left.</summary>
    public required bool Restores { get; init; }

    /// <summary>Client machines of each tenant.</summary>
    public required IReadOnlyList<int> Clients { get; init; }

    /// <summary>What the server is told of this; it never makes a folder here.</summary>
    public SyncServerOptions Options => new()
    {
        DataDir = "",
        SnapshotEvents = SnapshotEvents,
        FirstSyncChanges = FirstSyncChanges,
        TailBytesPerTenant = TailBytes,
        PassivateAfter = TimeSpan.FromMicroseconds(PassivateMicros),
        Policies = ConflictPolicies.TryCreate(Policy, [])!,
        ForgetAfter = TimeSpan.FromDays(Forgets ? 90 : 0),
    };

    /// <summary>The longest pause between two things that a client does: short where many writes are to meet in one journal.</summary>
    public required long TickMicrosMax { get; init; }

    public static Plan Draw(Chance chance)
    {
        var isBad = chance.OneIn(2);
        var isBusy = chance.OneIn(3);
        return new Plan
        {
            Weather = new Weather(chance.Below(isBad ? 31 : 6), chance.Below(isBad ? 21 : 6), chance.Below(isBad ? 30 : 5)),
            Disk = new Disk(chance.OneIn(3) ? 0 : chance.Below(12), chance.OneIn(3) ? 1 + chance.Below(3) : 0, chance.Below(4)),
            SnapshotFailPercent = chance.OneIn(2) ? 0 : 25,
            SnapshotEvents = (int)chance.Between(3, 40),
            TailBytes = chance.Below(4) switch
            {
                0 => 0,
                1 => 600,
                2 => 4_000,
                _ => 4L * 1_024 * 1_024,
            },
            PassivateMicros = chance.Between(10 * World.Second, 3 * World.Minute),
            Crashes = chance.Below(7),
            Padding = chance.OneIn(10) ? 3_000 : chance.Below(12),
            StormMicros = isBusy ? chance.Between(World.Minute, 3 * World.Minute) : chance.Between(4 * World.Minute, 9 * World.Minute),
            TickMicrosMax = isBusy ? World.Second : 14 * World.Second,
            Clients = [Crowd(chance), Crowd(chance), Crowd(chance)],
            Forgets = chance.OneIn(2),
            FirstSyncChanges = chance.OneIn(3) ? 1_000 : chance.Below(12),
            Restores = chance.OneIn(4),
        };
    }

    private static int Crowd(Chance chance) => chance.OneIn(6) ? (int)chance.Between(6, 12) : (int)chance.Between(2, 5);
}
