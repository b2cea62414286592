using FsCheck.Xunit;
using HeliosSync.Domain;

namespace HeliosSync.Property;

/// <summary>
/// A journal that was restored from a backup is another journal (protocol 1, 4.1): nobody is served who has not registered since, and what
/// is known of the former journal counts for nothing, for ever.
/// </summary>
public sealed class RestoreTests
{
    private static readonly Guid Second = Guid.Parse("5e5e5e5e-0000-4000-8000-000000000002");
    private static readonly Guid Third = Guid.Parse("5e5e5e5e-0000-4000-8000-000000000003");

    private readonly Stage _stage = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_client_is_answered_410_until_it_registers_again(bool restarts)
    {
        _stage.Register("a");
        _stage.Register("b");
        _stage.Push("a", Tiny.Change(1, Operation.Insert, 1, 1));
        _stage.Restore(Second);
        Restart(restarts);
        Assert.Equal(Second, _stage.Tenant.ServerNode);
        foreach (var client in new[] { "a", "b", "c" })
        {
            IsResync(_stage.Tenant.CheckClient(Tiny.Client(client), null));
            IsResync(_stage.Tenant.CheckClient(Tiny.Client(client), NodeId.OfServer(Second)));
            IsResync(_stage.Tenant.CheckRestored(Tiny.Client(client)));
        }

        IsResync(_stage.Push(_stage.Batch("a", VectorClock.Empty, Tiny.Change(2, Operation.Update, 1, 2))).Refusal);
        Assert.Null(_stage.Register("a", lastLocal: 1));
        Restart(restarts);
        Assert.Null(_stage.Tenant.CheckClient(Tiny.Client("a"), null));
        Assert.Null(_stage.Tenant.CheckRestored(Tiny.Client("a")));
        IsResync(_stage.Tenant.CheckClient(Tiny.Client("b"), null));
        IsResync(_stage.Tenant.CheckClient(Tiny.Client("a"), Tiny.Server));
    }

    /// <summary>Also where nothing else of the registration is new: that it came is what counts.</summary>
    [Fact]
    public void A_second_restoration_asks_everybody_again()
    {
        _stage.Register("a");
        _stage.Restore(Second);
        Assert.Null(_stage.Register("a"));
        _stage.Restore(Third);
        Restart(true);
        IsResync(_stage.Tenant.CheckClient(Tiny.Client("a"), null));
        IsResync(_stage.Register("a", serverNode: NodeId.OfServer(Second)));
        IsResync(_stage.Register("a", serverNode: Tiny.Server));
        Assert.Null(_stage.Register("a", serverNode: NodeId.OfServer(Third)));
        Assert.Null(_stage.Tenant.CheckClient(Tiny.Client("a"), null));
    }

    [Fact]
    public void A_position_above_0_must_name_the_journal_that_it_is_of()
    {
        _stage.Register("a");
        _stage.Push("a", Tiny.Change(1, Operation.Insert, 1, 1));
        Assert.Null(_stage.Register("b", known: 1));
        _stage.Restore(Second);
        foreach (var client in new[] { "a", "b", "c" })
        {
            IsResync(_stage.Register(client, known: 1));
            IsResync(_stage.Register(client, known: 1, serverNode: Tiny.Server));
            IsResync(_stage.Register(client, serverNode: Tiny.Server));
            IsResync(_stage.Register(client, known: 1, isHeld: client == "c"));
            Assert.Null(_stage.Register(client, known: 1, lastLocal: 1, serverNode: NodeId.OfServer(Second)));
            Assert.Equal(1, _stage.Tenant.StandingOf(Tiny.Client(client)).Position);
        }

        // It holds for good: what a client knew by then may still be of the lost journal.
        IsResync(_stage.Register("a", known: 1));
    }

    [Fact]
    public void A_held_registration_admits_nobody_who_stood_in_the_lost_journal()
    {
        _stage.Register("a");
        _stage.Restore(Second);
        Assert.Null(_stage.Register("a", isHeld: true));
        IsResync(_stage.Tenant.CheckClient(Tiny.Client("a"), null));
        IsResync(_stage.Register("c", known: 1, isHeld: true));
        Assert.Null(_stage.Register("c", isHeld: true));
        Assert.Null(_stage.Tenant.CheckClient(Tiny.Client("c"), null));
    }

    /// <summary>Its journal is lost whole: nothing in it could say that there was one.</summary>
    [Fact]
    public void A_tenant_of_a_restored_database_that_the_backup_did_not_have_is_a_restored_one()
    {
        var tenant = new Tenant(isRestored: true);
        IsResync(tenant.CheckClient(Tiny.Client("a"), null));
        var stale = new Register(Tiny.Client("a"), Tiny.Node("a"), 1, null, VectorClock.Empty, null, []);
        IsResync(tenant.Decide(stale, Second, Tiny.Now).Refusal);
        tenant.Apply(tenant.Decide(stale with { LastKnownLsn = 0 }, Second, Tiny.Now).Event!, 1, 50);
        Assert.Null(tenant.CheckClient(Tiny.Client("a"), null));
        var restarted = new Tenant(tenant.Freeze(), isRestored: true);
        IsResync(restarted.CheckClient(Tiny.Client("b"), null));
        Assert.Null(restarted.CheckClient(Tiny.Client("a"), null));
        Assert.Equal(ErrorCode.ClientNotRegistered, new Tenant().CheckClient(Tiny.Client("a"), null)!.Code);
    }

    /// <summary>
    /// Contexts name a former journal's LSNs under its node. A client of that name would have them pass for knowledge of its own changes.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void No_client_may_ever_bear_a_former_server_nodes_name(bool restarts)
    {
        _stage.Register("a");
        _stage.Restore(Second);
        _stage.Restore(Third);
        Restart(restarts);
        foreach (var node in new[] { Tiny.ServerGuid, Second, Third })
        {
            var name = node.ToString("D");
            Assert.Equal(ErrorCode.InvalidMessage, _stage.Register(name)!.Code);
            Assert.Equal(ErrorCode.InvalidMessage, _stage.Register(name, $"{name}#1")!.Code);
        }
    }

    [Fact]
    public void A_context_of_the_former_journal_is_no_knowledge_of_a_version()
    {
        _stage.Register("a");
        _stage.Register("b");
        _stage.Push("a", Tiny.Change(1, Operation.Insert, 1, 1));
        _stage.Restore(Second);
        _stage.Register("a", lastLocal: 1);
        _stage.Register("b");
        var old = Tiny.Clock((Tiny.Server, 900));
        Assert.Equal(Verdict.Conflicting, _stage.Push("b", Tiny.Change(1, Operation.Update, 1, 2, old)).Verdict);
        Assert.Equal(0, _stage.Push(_stage.Batch("b", old, Tiny.Change(2, Operation.Insert, 2, 2))).ServerLsn);
        var now = Tiny.Clock((NodeId.OfServer(Second), 1));
        Assert.Equal(Verdict.Accepted, _stage.Push("b", Tiny.Change(3, Operation.Update, 1, 3, now)).Verdict);
        Assert.Equal(ErrorCode.LsnAheadOfServer, _stage.Push(_stage.Batch(
            "b", VectorClock.Empty, Tiny.Change(4, Operation.Update, 1, 3, Tiny.Clock((NodeId.OfServer(Second), 900))))).Refusal!.Code);
    }

    /// <summary>Whatever was pushed before, judged behind a restoration: as if its contexts had never named the former journal.</summary>
    [Property(MaxTest = 400, Arbitrary = [typeof(HistoryArbitraries)])]
    public void Entries_of_the_former_journal_never_change_a_verdict(History history)
    {
        var arena = Arena.After(history, truthful: true);
        var tenant = arena.Tenant;
        if (tenant.ServerNode is null)
        {
            return;
        }

        tenant.Apply(new Restored(Second, Tiny.Now), tenant.Sequence + 1, 50);
        var sequence = tenant.Sequence;
        foreach (var client in Tiny.Clients)
        {
            var node = arena.Tenant.Fleet.Page(null, 10, tenant.Head).Members.FirstOrDefault(m => m.Client == client)?.Node;
            var register = new Register(
                client, node ?? NodeId.Of(client), 0, Limits.SafeIntegerMax, VectorClock.Empty, null, []);
            if (tenant.Decide(register, Second, Tiny.Now).Event is { } e)
            {
                tenant.Apply(e, ++sequence, 50);
            }
        }

        foreach (var (push, _) in arena.Pushes)
        {
            var again = push with { Message = new Guid(int.MaxValue, 0, 0, new byte[8]), ServerNode = null };
            var without = again with
            {
                Clock = Without(again.Clock),
                Changes = again.Changes.ToArray().Select(static c => c with { Clock = Without(c.Clock) }).ToArray(),
            };
            var (one, other) = (tenant.Decide(again, Tiny.Now), tenant.Decide(without, Tiny.Now));
            Assert.Equal(one.Refusal, other.Refusal);
            Assert.Equal(one.ServerLsn, other.ServerLsn);
            Assert.Equal(one.Event?.Judgements.ToArray(), other.Event?.Judgements.ToArray());
        }
    }

    private static VectorClock Without(VectorClock clock) =>
        Tiny.Clock([.. clock.Entries.ToArray().Where(static e => e.Node != Tiny.Server).Select(static e => (e.Node, e.Counter))]);

    private static void IsResync(Refusal? refusal)
    {
        Assert.Equal(ErrorCode.ResyncRequired, refusal?.Code);
        Assert.Equal("journal", refusal!.Details);
    }

    private void Restart(bool restarts)
    {
        if (restarts)
        {
            _stage.Restart();
        }
    }
}
