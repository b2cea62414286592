using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Simulation;

/// <summary>How a run of a seed ended.</summary>
internal sealed record RunResult(ulong Seed, ulong TraceHash, Violation? Violation, IReadOnlyList<string> LastLines, Tally Tally);

/// <summary>One run: builds the world of a seed, lets it storm, heals it, and holds all clients against the journal.</summary>
internal sealed class Run
{
    /// <summary>Several times what the longest runs take.</summary>
    public const long StepsMax = 400_000;

    private const long CalmMax = 3 * 60 * World.Minute;

    private readonly ulong _seed;
    private readonly long _stepsMax;
    private readonly World _world;
    private readonly Verdicts _verdicts = new();
    private readonly Trace _trace;
    private readonly Tally _tally = new() { Runs = 1 };
    private readonly Plan _plan;
    private readonly Database _database;
    private readonly SimServer _server;
    private readonly Network _network;
    private readonly SkewedTime _time;
    private readonly Zstd _zstd;
    private readonly List<List<Machine>> _machines = [];

    private Run(ulong seed, Workshop workshop, Action<string>? listener, long stepsMax)
    {
        (_seed, _stepsMax) = (seed, stepsMax);
        _zstd = workshop.Zstd;
        _trace = new Trace(listener);
        _world = new World(seed, _verdicts, _trace, _tally);
        _plan = Plan.Draw(_world.Chance.Fork()) with { Policy = PolicyOf(seed) };
        _world.Remembers = !_plan.Forgets;
        _time = new SkewedTime(_world);
        _database = MakeDatabase(workshop.Frames);
        _server = new SimServer(_world, _database, _plan.Options, _time);
        _network = new Network(_world, _server, _plan.Weather);
    }

    /// <summary>Runs a seed from its beginning to its end, on the calling thread and nowhere else.</summary>
    public static RunResult Of(ulong seed, Workshop workshop, Action<string>? listener = null, long stepsMax = StepsMax)
    {
        var run = new Run(seed, workshop, listener, stepsMax);
        try
        {
            run.Play();
        }
        catch (Exception e) when (run._world.Caught(e))
        {
        }

        run._tally.Steps = run._world.Steps;
        run._tally.Micros = run._world.Now;
        return new RunResult(seed, run._trace.Hash, run._verdicts.First, [.. run._trace.Last()], run._tally);
    }

    /// <summary>Of the seed itself, so that the seeds that reject play as they always did: five of eight.</summary>
    private static ConflictPolicy PolicyOf(ulong seed) => seed % 8 < 4 ? ConflictPolicy.Reject : (ConflictPolicy)(seed % 4);

    private Database MakeDatabase(ZstdFrames frames)
    {
        Span<byte> key = stackalloc byte[KeyedHash.KeyBytes];
        _world.Chance.Fill(key);
        var hash = new KeyedHash(key);
        var events = new EventReader(hash, frames);
        TenantId[] tenants = [Tenant("a"), Tenant("b"), Tenant("c")];
        Ledger[] ledgers = [.. tenants.Select((_, i) => new Ledger(new Truth(i), events, _verdicts, _tally)
        {
            Policy = _plan.Policy,
        })];
        var byTenant = tenants.Select((tenant, i) => (tenant, i)).ToDictionary(t => t.tenant, t => ledgers[t.i]);
        return new Database(
            tenants,
            ledgers,
            hash,
            frames,
            new SimJournal(_world, byTenant, _plan.Disk),
            new SimSnapshots(_world, hash, _plan.SnapshotFailPercent));
    }

    private void Play()
    {
        _world.Log($"seed {_seed}: {_plan}");
        for (var tenant = 0; tenant < _plan.Clients.Count; tenant++)
        {
            var crowd = new List<Machine>();
            for (var number = 1; number <= _plan.Clients[tenant]; number++)
            {
                var traits = Traits.Draw(_world.Chance, _plan.Padding, _plan.TickMicrosMax);
                _world.Log($"{_database.Tenants[tenant]}/c{number}: {traits}");
                crowd.Add(new Machine(_world, _network, _database.Ledgers[tenant], tenant, number, traits, _zstd));
            }

            crowd.ForEach(machine => machine.Peers = crowd);
            _machines.Add(crowd);
        }

        var mishaps = new Mishaps(_world, _network, _server, _database.Journal, _time, _plan);
        mishaps.PlanForServer();
        mishaps.PlanRestores();
        // A restored journal begins anew with the events of a backup, one by one: what compaction left is not among them.
        if (_seed % 3 == 1 && !_plan.Restores)
        {
            new Compaction(_world, _server, _database, new Chance(_seed)).Begin(_plan.StormMicros);
        }

        _machines.SelectMany(static crowd => crowd).ToList().ForEach(mishaps.PlanFor);
        Until(_plan.StormMicros, static () => false);
        Calm();
        if (_verdicts.First is null)
        {
            Audit();
        }
    }

    /// <summary>Everything heals, and everybody says and hears the rest; in the middle the server starts once more.</summary>
    private void Calm()
    {
        _world.IsStormy = false;
        _network.Heal();
        _world.Log("calm");
        _world.After(20 * World.Second, () => _server.Crash(World.Second));
        var begin = _world.Now;
        Until(begin + CalmMax, () => _world.Now > begin + World.Minute && AllAreQuiet());
        if (_verdicts.First is null && !AllAreQuiet())
        {
            var loud = _machines.SelectMany(static crowd => crowd).First(static m => !m.IsQuiet);
            _world.Violate(Oracle.Convergence, $"{loud.Replica.State.Node} is still busy, at {loud.Replica.State.Position}");
        }
    }

    /// <summary>A client that comes last pulls everything; then all of a tenant have the same rows, which are the journal's.</summary>
    private void Audit()
    {
        for (var tenant = 0; tenant < _machines.Count; tenant++)
        {
            var traits = Traits.Draw(_world.Chance, 0) with { Context = ContextKind.RowClocks, Filter = null, ExcludesOwn = false };
            var auditor = new Machine(_world, _network, _database.Ledgers[tenant], tenant, 99, traits, _zstd);
            Until(_world.Now + CalmMax, () => auditor.IsQuiet);
            var ledger = _database.Ledgers[tenant];
            var given = auditor.Replica.State.Given.Count;
            var isFirstSync = ledger.Head > _plan.FirstSyncChanges;
            var expected = isFirstSync && traits.FollowsTokens ? ledger.StandingCount : ledger.Head - ledger.CompactedCount;
            var isAll = traits.FollowsTokens || !isFirstSync ? given == expected : given >= ledger.StandingCount;
            if (!auditor.IsQuiet || !isAll)
            {
                _world.Violate(
                    Oracle.AcknowledgedIsThere,
                    $"a whole pull gives {given} changes, {expected} are to be given; {ledger.CompactedCount} were compacted away");
            }

            foreach (var machine in _machines[tenant].Append(auditor))
            {
                Convergence.Check(machine.Replica, ledger, _verdicts);
            }
        }
    }

    private bool AllAreQuiet() => _machines.TrueForAll(static crowd => crowd.TrueForAll(static m => m.IsQuiet));

    private void Until(long micros, Func<bool> isEnough)
    {
        while (_verdicts.First is null && _world.Now < micros && !isEnough() && _world.Step())
        {
            if (_world.Steps > _stepsMax)
            {
                _world.Violate(Oracle.RunEnds, $"the run takes more than {_stepsMax} steps");
            }
        }
    }

    private static TenantId Tenant(string name) => TenantId.TryParse(name, out var id) ? id : throw new ArgumentException(name);
}

/// <summary>What runs of one thread share, because making it anew costs more than a run of it. It holds nothing of a run.</summary>
internal sealed class Workshop : IDisposable
{
    public Zstd Zstd { get; } = new();

    public ZstdFrames Frames { get; } = new();

    public void Dispose()
    {
        Zstd.Dispose();
        Frames.Dispose();
    }
}
