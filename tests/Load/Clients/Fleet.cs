using HeliosSync.Load.Engine;
using HeliosSync.Load.Server;

namespace HeliosSync.Load.Clients;

/// <summary>Pushing clients of several tenants, numbered through: neighbours belong to different tenants.</summary>
internal sealed class Fleet : IDisposable
{
    private const int TenantsAtOnce = 64;
    private readonly PushingClients[] _tenants;

    public Fleet(int tenants, PushPlan each, ServerTokens tokens, Uri server)
    {
        _tenants = [.. Enumerable.Range(0, tenants).Select(t => new PushingClients(each with { Tenant = $"{each.Tenant}-{t}" }, tokens))];
        Clients = tenants * each.Clients;
        Connect(server);
    }

    /// <summary>All of them.</summary>
    public int Clients { get; }

    /// <summary>Changes that were acknowledged.</summary>
    public long Acknowledged => _tenants.Sum(static t => t.Ledger.Count);

    /// <summary>Its tenants.</summary>
    public IReadOnlyList<PushingClients> Tenants => _tenants;

    /// <summary>Changes of each push from now on.</summary>
    public int BatchChanges
    {
        set => Array.ForEach(_tenants, t => t.BatchChanges = value);
    }

    /// <summary>Index of a client's tenant.</summary>
    public int TenantOf(int client) => client % _tenants.Length;

    /// <summary>One of the clients, by its number among all of them.</summary>
    public SyncClient Of(int client) => _tenants[TenantOf(client)].Of(client / _tenants.Length);

    /// <summary>All of them.</summary>
    public IReadOnlyList<SyncClient> All => [.. Enumerable.Range(0, Clients).Select(Of)];

    /// <summary>Points all of them to a server, without a word to it.</summary>
    public void Connect(Uri server)
    {
        foreach (var tenant in _tenants)
        {
            tenant.Connect(server);
        }
    }

    /// <summary>Lets the clients push so many batches in turn, a few of them at once. Each that is refused is repeated.</summary>
    public async Task FillAsync(LoadRun run, long batches, CancellationToken ct)
    {
        const int AtOnce = 8;
        var copies = Math.Min(AtOnce, Clients);
        var turns = new Turns(copies, Clients);
        var fill = new Scenario
        {
            Name = $"fill {_tenants.Length} tenants",
            Prepare = copy => Prepare(turns.Next(copy)),
            Run = step => PushAsync(turns.Of(step.Copy), step.Stop),
            Simulations = [LoadSimulation.IterationsForConstant(copies, batches)],
        };
        await new ScenarioRunner(fill, run.Output, run.Live).RunAsync(null, ct);
        run.Report.Add(await SettleAsync(ct));
    }

    /// <summary>Registers all of them, a few tenants at once: fewer requests than a server turns away.</summary>
    public Task RegisterAsync(CancellationToken ct) => Parallel.ForEachAsync(
        _tenants,
        new ParallelOptions { MaxDegreeOfParallelism = TenantsAtOnce, CancellationToken = ct },
        static async (tenant, stop) => await tenant.RegisterAsync(stop));

    public void Prepare(int client) => _tenants[TenantOf(client)].Prepare(client / _tenants.Length);

    public Task<StepResult> PushAsync(int client, CancellationToken ct) =>
        _tenants[TenantOf(client)].PushAsync(client / _tenants.Length, ct);

    /// <summary>Repeats whatever has no answer yet.</summary>
    public async Task<Check> SettleAsync(CancellationToken ct) => Together(await Task.WhenAll(_tenants.Select(t => t.SettleAsync(ct))));

    /// <summary>What they were refused.</summary>
    public Check JudgeRefusals() => Refusals.Judge(_tenants.Select(static t => t.Refusals));

    /// <summary>Compares, tenant by tenant, what they believe with what the server holds.</summary>
    /// <param name="ct">Gives it up.</param>
    /// <param name="given">What was given of each tenant, where that is to agree too.</param>
    public async Task<Check> AuditAsync(CancellationToken ct, IReadOnlyList<Given>? given = null)
    {
        var checks = new List<Check>();
        for (var i = 0; i < _tenants.Length; i++)
        {
            if (_tenants[i].Ledger.Count > 0)
            {
                checks.Add(await _tenants[i].AuditAsync(ct, given?[i]));
            }
        }

        var all = Together(checks);
        var before = given is null ? "" : $", {given.Sum(static g => g.Changes)} given before";
        return all.Holds ? all with { Found = $"{Acknowledged} changes of {checks.Count} tenants compared{before}" } : all;
    }

    public void Dispose()
    {
        foreach (var tenant in _tenants)
        {
            tenant.Dispose();
        }
    }

    private static Check Together(IReadOnlyCollection<Check> checks) => checks.FirstOrDefault(static c => !c.Holds) ?? checks.First();
}
