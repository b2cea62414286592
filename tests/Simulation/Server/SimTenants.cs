using HeliosSync.Actors.Tenants;
using HeliosSync.Domain;

namespace HeliosSync.Simulation;

/// <summary>
/// The parent of all tenants, in the place of <c>TenantsActor</c>: starts a tenant at its first message, stops an idle one while what
/// arrives waits, and starts one that failed again after a pause.
/// </summary>
internal sealed class SimTenants(World world, TenantServices services, SimJournal journal, SimSnapshots snapshots)
{
    private readonly Dictionary<TenantId, Child> _children = [];
    private readonly int _life = world.ServerLife;

    public void Deliver(Ask ask)
    {
        var tenant = ask.Message.Tenant;
        if (!_children.TryGetValue(tenant, out var child))
        {
            _children.Add(tenant, child = new Child());
        }

        if (world.Now < child.FailedUntil)
        {
            ask.Answer(world, ComeAgain.StorageUnavailable);
        }
        else if (child.IsStopping)
        {
            child.Waiting.Enqueue(ask);
        }
        else
        {
            child.Host ??= Start(tenant, child);
            child.Host.Tell(ask);
        }
    }

    public void Crash()
    {
        foreach (var child in _children.Values)
        {
            child.Host?.Vanish();
        }
    }

    private TenantHost Start(TenantId tenant, Child child)
    {
        world.Log($"{tenant} starts");
        var host = new TenantHost(world, tenant, services, journal, snapshots, (host, failed) => Ended(child, host, failed));
        WatchIdle(child, host);
        return host;
    }

    private void WatchIdle(Child child, TenantHost host)
    {
        var idle = (long)services.Options.PassivateAfter.TotalMicroseconds;
        world.After(idle, () =>
        {
            if (world.ServerLife != _life || child.Host != host || child.IsStopping)
            {
                return;
            }

            if (world.Now - host.LastAskedAt < idle)
            {
                WatchIdle(child, host);
                return;
            }

            child.IsStopping = true;
            world.Tally.Saw(Sight.Passivated);
            host.Stop();
        });
    }

    private void Ended(Child child, TenantHost host, bool failed)
    {
        if (child.Host != host)
        {
            return;
        }

        child.Host = null;
        child.IsStopping = false;
        child.FailedUntil = failed ? world.Now + world.Chance.Between(50 * World.Millisecond, 5 * World.Second) : 0;
        while (child.Waiting.TryDequeue(out var ask))
        {
            Deliver(ask);
        }
    }

    private sealed class Child
    {
        public TenantHost? Host { get; set; }

        public bool IsStopping { get; set; }

        public long FailedUntil { get; set; }

        public Queue<Ask> Waiting { get; } = new();
    }
}
