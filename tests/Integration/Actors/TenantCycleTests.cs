using HeliosSync.Actors;
using HeliosSync.Actors.Tenants;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Integration.Actors;

/// <summary>A tenant's cycle over a journal that writes when it is told to: what is said, and when, to the step.</summary>
public sealed class TenantCycleTests : IDisposable
{
    private static readonly TenantId Tenant = ServerRig.Tenant("a");

    private readonly KeyedHash _hash = new(new byte[KeyedHash.KeyBytes]);
    private readonly ZstdFrames _zstd = new();
    private readonly SteppedJournal _journal = new();
    private readonly TenantCycle<string> _cycle;

    public TenantCycleTests()
    {
        var options = new SyncServerOptions { DataDir = "" };
        var services = new TenantServices(
            options,
            new EventReader(_hash, _zstd),
            TimeProvider.System,
            new TailBudget(options.TailBytesInAll),
            new SoleServer(),
            new Registrations(0),
            Guid.NewGuid);
        _cycle = new TenantCycle<string>(Tenant, services, _journal);
        _cycle.Recovered(0);
    }

    public void Dispose() => _zstd.Dispose();

    [Fact]
    public void Nothing_is_said_of_a_push_before_it_is_durable()
    {
        Register("c", "registered");
        _journal.WriteNext();
        var push = Inserts(1);
        Push(push, "first");
        Push(push, "repeat");
        Push(push with { Digest = _hash.OfPush("another"u8) }, "reuse");
        Register("c", "again");
        Assert.Equal(["registered"], _journal.Answered);

        _journal.WriteNext();
        Assert.Equal(["registered", "first", "repeat", "reuse", "again"], _journal.Answered);
        Assert.Equal(1, Assert.IsType<PushStored>(_journal.AnswerTo("first")).HeadLsn);
        Assert.Equal(1, Assert.IsType<PushStored>(_journal.AnswerTo("repeat")).HeadLsn);
        Assert.Equal(ErrorCode.MessageIdReused, Assert.IsType<Refusal>(_journal.AnswerTo("reuse")).Code);
        Assert.Equal(1, Assert.IsType<RegisterReply>(_journal.AnswerTo("again")).HeadLsn);
    }

    [Fact]
    public void A_pull_is_answered_at_once_and_says_nothing_of_what_is_being_written()
    {
        Register("c", "registered");
        _journal.WriteNext();
        Push(Inserts(1), "first");
        Push(Inserts(2), "second");
        Pull("c", "before");
        _journal.WriteNext();
        Pull("c", "between");
        _journal.WriteNext();
        Pull("c", "after");

        Assert.Equal(["registered", "before", "first", "between", "second", "after"], _journal.Answered);
        var pages = ((string[])["before", "between", "after"]).Select(who => Assert.IsType<PagePlan>(_journal.AnswerTo(who))).ToArray();
        Assert.Equal([0, 1, 2], pages.Select(page => page.HeadLsn));
        Assert.Equal([1, 2, 3], pages.Select(page => page.HeadSequence));
        Assert.Equal([0, 1, 2], pages.Select(page => page.Recent?.Count ?? 0));
    }

    [Fact]
    public void A_pull_or_heartbeat_of_a_client_whose_registration_is_in_flight_waits_for_it_and_anothers_does_not()
    {
        Register("c", "registered");
        _journal.WriteNext();
        Register("d", "in flight");
        Pull("d", "page");
        _cycle.Handle(new NoteHeartbeat(Tenant, new Heartbeat(ServerRig.Client("d"), 0)), "beat");
        Pull("c", "another's");
        Assert.Equal(["registered", "another's"], _journal.Answered);

        _journal.WriteNext();
        Assert.Equal(["registered", "another's", "in flight", "page", "beat"], _journal.Answered);
    }

    [Fact]
    public void Whoever_waits_when_a_write_fails_is_told_that_the_outcome_is_open()
    {
        Register("c", "registered");
        _journal.WriteNext();
        var push = Inserts(1);
        Push(push, "first");
        Push(push, "repeat");
        Register("c", "again");
        _cycle.Abandon();

        Assert.Equal(4, _journal.Answered.Count);
        Assert.All(
            (string[])["first", "repeat", "again"],
            who => Assert.Equal(ErrorCode.StorageUnavailable, Assert.IsType<Refusal>(_journal.AnswerTo(who)).Code));
    }

    [Fact]
    public void A_wait_is_answered_when_a_change_that_it_wants_is_durable_and_with_what_it_may_pass_over()
    {
        RegisterAll("c", "d");
        Await("plain", Wanted("d"), 0);
        Await("filtered", Wanted("d") with { Tables = ["other"] }, 0);
        Await("same table", Wanted("d") with { Tables = ["a", "t"] }, 0);
        Await("own", Wanted("c") with { ExcludeOwn = true }, 0);
        Push(Inserts(1), "push");
        Assert.DoesNotContain(_journal.Answered, who => who is "plain" or "same table");

        _journal.WriteNext();
        Assert.Equal(["push", "plain", "same table"], _journal.Answered.Skip(2));
        Assert.Equal(new Moved(0, 1), _journal.AnswerTo("plain"));
        Assert.True(_cycle.IsAwaited);

        _cycle.Handle(new StorePush(Tenant, Inserts(2) with { Client = ServerRig.Client("d") }), "another's");
        _journal.WriteNext();
        Assert.Equal(new Moved(1, 2), _journal.AnswerTo("own"));
        Assert.DoesNotContain("filtered", _journal.Answered);
    }

    [Fact]
    public void A_wait_below_the_head_is_answered_at_once_and_each_wait_once()
    {
        RegisterAll("c");
        Push(Inserts(1), "push");
        _journal.WriteNext();
        Await("late", Wanted("c"), 0);
        Assert.Equal(new Moved(0, 1), _journal.AnswerTo("late"));
        Await("waits", Wanted("c"), 1);
        foreach (var lsn in new[] { 2, 3 })
        {
            Push(Inserts(lsn), $"push {lsn}");
            _journal.WriteNext();
        }

        Assert.Equal(new Moved(1, 2), _journal.AnswerTo("waits"));
        Assert.False(_cycle.IsAwaited);
    }

    [Fact]
    public void Who_waits_no_longer_is_forgotten_also_where_the_wait_comes_behind_its_end()
    {
        RegisterAll("c");
        var gone = Await("gone", Wanted("c"), 0);
        Await("ended", Wanted("c"), 0);
        Assert.True(_cycle.IsAwaited);
        _cycle.StopAwaiting("ended");
        gone.Leave();
        Assert.False(_cycle.IsAwaited);
        _cycle.Handle(new AwaitChange(Tenant, gone), "too late");
        Assert.False(_cycle.IsAwaited);
    }

    [Fact]
    public void A_tenant_that_ends_wakes_who_waits_and_one_whose_write_fails_says_so()
    {
        RegisterAll("c");
        Await("waits", Wanted("c"), 0);
        _cycle.Stop();
        Assert.Equal(new Moved(0, 0), _journal.AnswerTo("waits"));

        Await("refused", Wanted("c"), 0);
        Assert.Equal(ErrorCode.Overloaded, Assert.IsType<Refusal>(_journal.AnswerTo("refused")).Code);
    }

    [Fact]
    public void A_write_that_fails_is_told_to_who_waits()
    {
        RegisterAll("c");
        Await("waits", Wanted("c"), 0);
        Push(Inserts(1), "push");
        _cycle.Abandon();
        Assert.Equal(ErrorCode.StorageUnavailable, Assert.IsType<Refusal>(_journal.AnswerTo("waits")).Code);
        Assert.Equal(ErrorCode.StorageUnavailable, Assert.IsType<Refusal>(_journal.AnswerTo("push")).Code);
    }

    [Fact]
    public void A_client_that_is_not_registered_waits_for_nothing_and_one_whose_registration_is_in_flight_waits_behind_it()
    {
        Await("unknown", Wanted("c"), 0);
        Assert.Equal(ErrorCode.ClientNotRegistered, Assert.IsType<Refusal>(_journal.AnswerTo("unknown")).Code);
        Register("c", "registered");
        Await("waits", Wanted("c"), 0);
        Assert.False(_cycle.IsAwaited);
        _journal.WriteNext();
        Assert.True(_cycle.IsAwaited);
    }

    private void RegisterAll(params string[] clients)
    {
        foreach (var client in clients)
        {
            Register(client, $"registered {client}");
            _journal.WriteNext();
        }
    }

    private static Pull Wanted(string client) =>
        new(Guid.Empty, ServerRig.Client(client), 0, 1_000, null, null, null, false, false, false);

    private Waiter Await(string who, Pull pull, long after)
    {
        var waiter = new Waiter(pull, after);
        _cycle.Handle(new AwaitChange(Tenant, waiter), who);
        return waiter;
    }

    private void Register(string client, string from) =>
        _cycle.Handle(new RegisterClient(Tenant, ServerRig.Registration(client)), from);

    private void Push(Push push, string from) => _cycle.Handle(new StorePush(Tenant, push), from);

    private void Pull(string client, string from)
    {
        var pull = new Pull(Guid.NewGuid(), ServerRig.Client(client), 0, 1_000, null, null, null, false, false, false);
        _cycle.Handle(new PlanPage(Tenant, pull, 0), from);
    }

    private Push Inserts(long localLsn) => ServerRig.Inserts(_hash, "c", Guid.NewGuid(), (localLsn, $"k{localLsn}", "v"));
}
