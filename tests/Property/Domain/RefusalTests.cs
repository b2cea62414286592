using HeliosSync.Domain;

namespace HeliosSync.Property;

/// <summary>What a tenant refuses, and the edges of what it does not (protocol 3, 4.1, 4.3).</summary>
public sealed class RefusalTests
{
    private readonly Stage _stage = new();

    [Fact]
    public void A_client_that_never_registered_is_refused()
    {
        _stage.Register("a");
        Assert.Equal(ErrorCode.ClientNotRegistered, Push("b").Refusal?.Code);
        Assert.Equal(ErrorCode.ClientNotRegistered, _stage.Tenant.CheckClient(Tiny.Client("b"), null)?.Code);
        Assert.Null(_stage.Tenant.CheckClient(Tiny.Client("a"), null));
    }

    [Fact]
    public void Another_journals_node_is_refused_in_every_message()
    {
        var other = NodeId.OfServer(Guid.Empty);
        Assert.Equal(ErrorCode.ResyncRequired, Decide("a", "a", other).Refusal?.Code);
        _stage.Register("a");
        Assert.Equal(ErrorCode.ResyncRequired, Decide("a", "a", other).Refusal?.Code);
        Assert.Equal(("journal", ErrorCode.ResyncRequired), (Push("a", other).Refusal?.Details, Push("a", other).Refusal?.Code));
        Assert.Equal(ErrorCode.ResyncRequired, _stage.Tenant.CheckClient(Tiny.Client("a"), other)?.Code);
        Assert.Null(_stage.Tenant.CheckClient(Tiny.Client("a"), Tiny.Server));
        Assert.Null(Decide("a", "a", Tiny.Server).Refusal);
        Assert.Null(Push("a", Tiny.Server).Refusal);
    }

    [Fact]
    public void A_tenant_without_a_journal_knows_no_server_node() =>
        Assert.Equal(ErrorCode.ResyncRequired, Decide("a", "a", Tiny.Server).Refusal?.Code);

    [Fact]
    public void No_client_bears_the_server_nodes_name()
    {
        _stage.Register("a");
        Assert.Equal(ErrorCode.InvalidMessage, Decide(Tiny.Server.Value, Tiny.Server.Value).Refusal?.Code);
        Assert.Equal(ErrorCode.InvalidMessage, Decide(Tiny.Server.Value, Tiny.Server.Value + "#1").Refusal?.Code);
    }

    [Theory]
    [InlineData("b")]
    [InlineData("b#1")]
    [InlineData("ab")]
    public void A_node_of_another_client_is_refused(string node)
    {
        _stage.Register("b", "b#1");
        Assert.Equal(ErrorCode.InvalidMessage, Decide("a", node).Refusal?.Code);
    }

    [Fact]
    public void A_context_above_the_head_at_the_start_of_the_push_refuses_all_of_it()
    {
        _stage.Register("a");
        var batch = _stage.Batch(
            "a", VectorClock.Empty, Tiny.Change(1, Operation.Insert, 0, 1), Tiny.Change(2, Operation.Update, 0, 2, baseLsn: 1));
        Assert.Equal(ErrorCode.LsnAheadOfServer, _stage.Push(batch).Refusal?.Code);
        Assert.Equal(0, _stage.Tenant.Head);
        _stage.Push("a", Tiny.Change(1, Operation.Insert, 0, 1));
        Assert.Null(_stage.Push(batch).Refusal);
    }

    /// <summary>A refused push is not judged: its message id is free, and its numbers are not used.</summary>
    [Fact]
    public void A_refusal_leaves_no_trace()
    {
        _stage.Register("a");
        var before = Portrait.Of(_stage.Tenant);
        _stage.Push(_stage.Batch("a", VectorClock.Empty, Tiny.Change(5, Operation.Insert, 0, 1, Tiny.Clock((Tiny.Node("a"), 9)), 7)));
        Assert.Equal(before, Portrait.Of(_stage.Tenant));
    }

    [Fact]
    public void A_message_id_is_a_clients_own()
    {
        _stage.Register("a");
        _stage.Register("b");
        var batch = _stage.Batch("a", VectorClock.Empty, Tiny.Change(1, Operation.Insert, 0, 1));
        _stage.Push(batch);
        var others = _stage.Push(batch with { Client = Tiny.Client("b"), Digest = new Hash128(9, 9) });
        Assert.Equal((null, 0L), (others.Refusal, others.RepeatOf));
    }

    [Fact]
    public void The_last_256_message_ids_are_remembered_over_lives_and_restarts_and_the_one_before_is_not()
    {
        _stage.Register("a");
        var pushes = Enumerable.Range(1, 257)
            .Select(i => _stage.Batch("a", VectorClock.Empty, Tiny.Change(i, Operation.Insert, i, 1))).ToArray();
        var sequences = pushes.Select(p => (_stage.Push(p), _stage.Tenant.Sequence).Sequence).ToArray();
        _stage.Register("a", "a#1");
        _stage.Restart();
        for (var i = 1; i < 257; i++)
        {
            Assert.Equal(sequences[i], _stage.Tenant.Decide(pushes[i], Tiny.Now).RepeatOf);
            var reused = pushes[i] with { Digest = new Hash128(9, 9) };
            Assert.Equal(ErrorCode.MessageIdReused, _stage.Tenant.Decide(reused, Tiny.Now).Refusal?.Code);
        }

        Assert.NotNull(_stage.Tenant.Decide(pushes[0], Tiny.Now).Event);
    }

    [Fact]
    public void A_client_may_use_up_a_thousand_nodes_and_go_back_to_any()
    {
        _stage.Register("a");
        for (var life = 1; life < Limits.NodesPerClientMax; life++)
        {
            Assert.Null(_stage.Register("a", $"a#{life}"));
        }

        Assert.Equal(ErrorCode.QuotaExceeded, _stage.Register("a", "a#last")?.Code);
        Assert.Null(_stage.Register("a", "a#7"));
        Assert.Null(_stage.Register("b", "b#1"));
    }

    [Fact]
    public void A_held_registration_changes_nothing_of_a_client_that_is_there()
    {
        _stage.Register("a", "a#1");
        var claim = new Register(Tiny.Client("a"), Tiny.Node("a"), 0, null, VectorClock.Empty, null, [new("x", "y")], OnlyIfAbsent: true);
        Assert.Equal(default, _stage.Tenant.Decide(claim, Tiny.ServerGuid, Tiny.Now));
        var other = claim with { Client = Tiny.Client("b"), Node = Tiny.Node("b") };
        Assert.True(_stage.Tenant.Decide(other, Tiny.ServerGuid, Tiny.Now).Event!.First);
    }

    /// <summary>An event that does not continue the journal is a bug or a damaged file: it must not be applied.</summary>
    [Fact]
    public void An_event_that_does_not_begin_above_the_head_is_not_applied()
    {
        _stage.Register("a");
        var e = _stage.Tenant.Decide(_stage.Batch("a", VectorClock.Empty, Tiny.Change(1, Operation.Insert, 0, 1)), Tiny.Now).Event!;
        var before = Portrait.Of(_stage.Tenant);
        Assert.Throws<ArgumentException>(() => _stage.Tenant.Apply(e with { FirstLsn = 2 }, 2, 100));
        Assert.Throws<ArgumentException>(() => _stage.Tenant.Apply(new Unheard(), 2, 100));
        Assert.Throws<ArgumentException>(() => _stage.Tenant.Apply(e with { Author = Tiny.Node("a#1") }, 2, 100));
        Assert.Throws<ArgumentException>(() => _stage.Tenant.Apply(e with { Client = Tiny.Client("b") }, 2, 100));
        Assert.Throws<ArgumentException>(() => _stage.Tenant.StandingOf(Tiny.Client("b")));
        Assert.Equal(before, Portrait.Of(_stage.Tenant));
    }

    [Fact]
    public void A_tenant_is_not_made_of_nothing() => Assert.Throws<ArgumentNullException>(() => new Tenant(null!));

    [Fact]
    public void A_tenant_without_events_has_nothing_to_freeze() => Assert.Throws<InvalidOperationException>(() => new Tenant().Freeze());

    /// <summary>What a client is told to act on: a code alone says too little.</summary>
    [Fact]
    public void A_refusal_names_the_field_or_the_numbers_that_it_is_about()
    {
        _stage.Register("a");
        _stage.Push("a", Tiny.Change(7, Operation.Insert, 0, 1));
        Assert.Equal("node_id", Decide("b", "a").Refusal?.Details);
        Assert.Equal("client_id", Decide(Tiny.Server.Value, Tiny.Server.Value).Refusal?.Details);
        Assert.Equal("last_known_lsn is 2, the head is 1", _stage.Register("a", known: 2)?.Details);
        Assert.Equal("last_local_lsn is 6, the server has 7", _stage.Register("a", lastLocal: 6)?.Details);
        Assert.Equal(
            "the context of the change with lsn 8 is 2, the head is 1",
            _stage.Push(_stage.Batch("a", VectorClock.Empty, Tiny.Change(8, Operation.Update, 0, 2, baseLsn: 2))).Refusal?.Details);
    }

    /// <summary>What was frozen is kept for the next time; a client that changed nothing but its node is frozen anew.</summary>
    [Fact]
    public void A_snapshot_has_the_clients_node_of_now()
    {
        MetadataEntry[] metadata = [new("device", "phone")];
        var tenant = new Tenant();
        foreach (var (node, sequence) in new[] { ("a", 1), ("a#1", 2) })
        {
            var registered = new Registered(Tiny.Client("a"), Tiny.Node(node), Tiny.ServerGuid, metadata, Tiny.Now, sequence == 1);
            tenant.Apply(registered, sequence, 100);
            Assert.Equal(sequence - 1, tenant.Freeze().Clients.Single().Node);
        }
    }

    private sealed record Unheard : TenantEvent;

    private RegisterDecision Decide(string client, string node, NodeId? server = null) => _stage.Tenant.Decide(
        new Register(Tiny.Client(client), Tiny.Node(node), 0, null, VectorClock.Empty, server, []), Tiny.ServerGuid, Tiny.Now);

    private PushDecision Push(string client, NodeId? server = null) =>
        _stage.Push(_stage.Batch(client, VectorClock.Empty, Tiny.Change(1, Operation.Insert, 0, 1)) with { ServerNode = server });
}
