using HeliosSync.Load.Engine;

namespace HeliosSync.Load.Clients;

/// <summary>The clients of a fleet as readers: each holds everything up to its position, and what each tenant gave is compared.</summary>
internal sealed class Readers
{
    private readonly Fleet _fleet;
    private readonly Given[] _given;
    private readonly Puller[] _pullers;

    /// <param name="fleet">Whose clients they are; it must be connected as it is to be used.</param>
    /// <param name="base64">Whether they ask for base64 strings instead of arrays of integers.</param>
    public Readers(Fleet fleet, bool base64)
    {
        _fleet = fleet;
        _given = [.. fleet.Tenants.Select(static _ => new Given())];
        _pullers = [.. Enumerable.Range(0, fleet.Clients).Select(i => new Puller(fleet.Of(i), _given[fleet.TenantOf(i)], base64))];
    }

    /// <summary>What they were refused while they insisted.</summary>
    public IEnumerable<Refusals> Refusals => _pullers.Select(static p => p.Refusals);

    /// <summary>One of them.</summary>
    public Puller this[int client] => _pullers[client];

    /// <summary>Lets each pull what it has not got, and says whether it then holds all that was acknowledged.</summary>
    public async Task<Check> CatchUpAsync(CancellationToken ct)
    {
        var behind = 0;
        for (var i = 0; i < _pullers.Length; i++)
        {
            var pulled = await _pullers[i].PullToHeadAsync(ct);
            behind += pulled.Error is null && _pullers[i].Position == _fleet.Tenants[_fleet.TenantOf(i)].Ledger.Count ? 0 : 1;
        }

        return new Check("every client holds all that was acknowledged", behind == 0, $"{behind} of {_pullers.Length} do not");
    }

    /// <summary>Compares, tenant by tenant, what was acknowledged and what was given with what the server holds.</summary>
    public Task<Check> AuditAsync(CancellationToken ct) => _fleet.AuditAsync(ct, _given);
}
