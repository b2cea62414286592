using HeliosSync.Load.Engine;
using HeliosSync.Load.Server;

namespace HeliosSync.Load.Clients;

/// <summary>Pushing clients of several tenants, numbered through: neighbours belong to different tenants.</summary>
internal sealed class Fleet : IDisposable
{
    private readonly PushingClients[] _tenants;

    public Fleet(int tenants, PushPlan each, ServerTokens tokens, Uri server)
    {
        _tenants = [.. Enumerable.Range(0, tenants).Select(t => new PushingClients(each with { Tenant = $"{each.Tenant}-{t}" }, tokens))];
        Clients = tenants * each.Clients;
        foreach (var tenant in _tenants)
        {
            tenant.Connect(server);
        }
    }

    /// <summary>All of them.</summary>
    public int Clients { get; }

    /// <summary>Changes that were acknowledged.</summary>
    public long Acknowledged => _tenants.Sum(static t => t.Ledger.Count);

    public Task RegisterAsync(CancellationToken ct) => Task.WhenAll(_tenants.Select(t => t.RegisterAsync(ct)));

    public void Prepare(int client) => _tenants[client % _tenants.Length].Prepare(client / _tenants.Length);

    public Task<StepResult> PushAsync(int client, CancellationToken ct) =>
        _tenants[client % _tenants.Length].PushAsync(client / _tenants.Length, ct);

    /// <summary>Repeats whatever has no answer yet.</summary>
    public async Task<Check> SettleAsync(CancellationToken ct) => Together(await Task.WhenAll(_tenants.Select(t => t.SettleAsync(ct))));

    /// <summary>What they were refused.</summary>
    public Check JudgeRefusals() => Refusals.Judge(_tenants.Select(static t => t.Refusals));

    /// <summary>Compares, tenant by tenant, what they believe with what the server holds.</summary>
    public async Task<Check> AuditAsync(CancellationToken ct)
    {
        var checks = new List<Check>();
        foreach (var tenant in _tenants.Where(static t => t.Ledger.Count > 0))
        {
            checks.Add(await tenant.AuditAsync(ct));
        }

        var all = Together(checks);
        return all.Holds ? all with { Found = $"{Acknowledged} changes of {checks.Count} tenants compared" } : all;
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
