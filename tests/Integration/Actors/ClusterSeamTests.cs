using System.Collections.Immutable;
using Akka.Actor;
using Akka.Serialization;
using HeliosSync.Actors;
using HeliosSync.Actors.Tenants;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Integration.Actors;

/// <summary>What a later cluster needs of the core (ARCHITECTURE.md, "What a later cluster finds ready").</summary>
public sealed class ClusterSeamTests
{
    [Fact]
    public async Task Pushes_and_pulls_cannot_be_serialized()
    {
        await using var rig = new ServerRig();
        var client = ServerRig.Client("c");
        var push = new Push(Guid.Empty, client, VectorClock.Empty, null, false, default, default);
        var pull = new Pull(Guid.Empty, client, 0, 1, null, null, null, false, false, false);
        foreach (var message in new object[] { new StorePush(ServerRig.Tenant("a"), push), new PlanPage(ServerRig.Tenant("a"), pull, 0) })
        {
            Assert.Throws<NotSupportedException>(() => rig.Server.Serialization.Serialize(message));
        }
    }

    [Fact]
    public async Task The_message_that_stops_a_tenant_crosses_nodes_under_a_manifest()
    {
        await using var rig = new ServerRig();
        var found = rig.Server.Serialization.FindSerializerFor(Stopping.Instance);
        var serializer = Assert.IsAssignableFrom<SerializerWithStringManifest>(found);
        var manifest = serializer.Manifest(Stopping.Instance);
        Assert.Equal("stopping/1", manifest);
        Assert.Same(Stopping.Instance, serializer.FromBinary(serializer.ToBinary(Stopping.Instance), manifest));
    }

    [Theory]
    [InlineData("demo", 67)]
    [InlineData("a", 225)]
    [InlineData("tenant-42", 215)]
    public void A_tenants_shard_never_changes(string tenant, int shard) => Assert.Equal(shard, TenantExtractor.Shard(tenant));

    [Fact]
    public void Every_message_for_a_tenant_names_it()
    {
        var nameless = typeof(TenantExtractor).Assembly.GetTypes()
            .Where(static t => typeof(ITenantMessage).IsAssignableFrom(t) && !t.IsInterface)
            .Where(static t => t.GetProperty(nameof(ITenantMessage.Tenant))?.PropertyType != typeof(TenantId));
        Assert.Empty(nameless);
        Assert.Equal("a", TenantExtractor.EntityId(new Beat(ServerRig.Tenant("a"), 0)));
    }

    [Fact]
    public void No_type_of_the_server_has_static_state()
    {
        var mutable = new[] { typeof(SyncServer), typeof(KeyedHash), typeof(Tenant) }
            .SelectMany(static t => t.Assembly.GetTypes())
            .SelectMany(static t => t.GetFields(
                System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.NonPublic))
            .Where(static f => !f.IsLiteral && !f.IsInitOnly && !f.Name.Contains('<', StringComparison.Ordinal));
        Assert.Empty(mutable);
    }

    /// <summary>A request may have found its tenant just before it ended.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_comes_straight_to_a_tenant_that_is_ending_or_has_ended_begins_it_anew(bool ended)
    {
        await using var rig = new ServerRig();
        await rig.RegisterAsync("a", "c");
        var id = ServerRig.Tenant("a");
        var found = Assert.IsAssignableFrom<IActorRef>(rig.Server.Running.Find(id));
        var hold = ended ? null : rig.HoldWrites();
        var push = rig.PushAsync("a", rig.Inserts("c", Guid.NewGuid(), (1, "k", "v")));
        rig.Server.Tenants.Tell(new Idle(id));
        Assert.True(SpinWait.SpinUntil(() => rig.Server.Running.Find(id) is null, TimeSpan.FromSeconds(30)));
        if (ended)
        {
            Assert.Null((await push).Refusal);
            Assert.True(await found.WatchAsync());
        }

        var late = found.Ask<object>(new NoteHeartbeat(id, new Heartbeat(ServerRig.Client("c"), 0)), TimeSpan.FromSeconds(30));
        hold?.Dispose();
        Assert.IsType<HeartbeatReply>(await late);
        Assert.Null((await push).Refusal);
    }

    [Fact]
    public async Task A_tenant_stopped_again_and_again_under_load_answers_every_push_and_loses_none()
    {
        await using var rig = new ServerRig();
        await rig.RegisterAsync("a", "c");
        var idle = new Idle(ServerRig.Tenant("a"));
        var stored = ImmutableSortedSet<string>.Empty;
        for (var round = 0; round < 20; round++)
        {
            var pushes = Enumerable.Range((round * 10) + 1, 10)
                .Select(i => rig.PushAsync("a", rig.Inserts("c", Guid.NewGuid(), (i, $"k{i}", "v")))).ToArray();
            rig.Server.Tenants.Tell(idle);
            var replies = await Task.WhenAll(pushes);
            Assert.All(replies, static reply => Assert.Null(reply.Refusal));
            stored = stored.Union(Enumerable.Range((round * 10) + 1, 10).Select(static i => $"k{i}"));
        }

        Assert.Equal(stored, (await rig.PullAllAsync("a", "c")).Select(static c => c.Key).ToImmutableSortedSet());
    }
}
