using Akka.Actor;
using Akka.TestKit.Xunit2;
using HeliosSync.Actors;
using HeliosSync.Actors.Tenants;
using HeliosSync.Domain;

namespace HeliosSync.Integration.Actors;

/// <summary>The parent of all tenants, over no journal at all: every tenant fails as it starts.</summary>
public sealed class TenantsActorTests() : TestKit("akka.persistence.journal.plugin = none")
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public void Of_a_tenant_that_failed_and_is_not_asked_again_nothing_is_kept()
    {
        var options = new SyncServerOptions { DataDir = "none", FailedPauseMax = TimeSpan.FromMilliseconds(20) };
        var services = new TenantServices(
            options, null!, TimeProvider.System, new TailBudget(0), new SoleServer(), new Registrations(0), Guid.NewGuid);
        var tenants = ActorOfAsTestActorRef<TenantsActor>(Props.Create(() => new TenantsActor(services)));
        for (var i = 0; i < 3; i++)
        {
            tenants.Tell(new NoteHeartbeat(Ids.Tenant($"t{i}"), new Heartbeat(Ids.Client("c"), 0)), TestActor);
        }

        Assert.Equal(3, tenants.UnderlyingActor.Known);
        AwaitCondition(() => tenants.UnderlyingActor.Known == 0, Patience);
    }
}
