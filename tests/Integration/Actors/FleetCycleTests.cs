using HeliosSync.Actors;
using HeliosSync.Actors.Journal;
using HeliosSync.Actors.Tenants;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Integration.Actors;

/// <summary>How a tenant's cycle forgets clients and notes their contacts: what is written and said, and when, to the step.</summary>
public sealed class FleetCycleTests : IDisposable
{
    private static readonly TenantId Tenant = ServerRig.Tenant("a");

    private readonly KeyedHash _hash = new(new byte[KeyedHash.KeyBytes]);
    private readonly ZstdFrames _zstd = new();
    private readonly ManualTime _time = new();
    private readonly SteppedJournal _journal = new();
    private readonly TenantServices _services;
    private readonly TenantCycle<string> _cycle;

    public FleetCycleTests()
    {
        var options = new SyncServerOptions { DataDir = "" };
        _services = new TenantServices(
            options, new EventReader(_hash, _zstd), _time, new TailBudget(1_000), new SoleServer(), new Registrations(0), Guid.NewGuid);
        _cycle = new TenantCycle<string>(Tenant, _services, _journal);
        _cycle.Recovered(0);
    }

    public void Dispose() => _zstd.Dispose();

    [Fact]
    public void Nothing_is_said_of_a_clients_end_before_it_is_durable_to_whoever_asked_or_to_the_client_itself()
    {
        Registered("c", "d");
        Forget("c", "first");
        Forget("c", "second");
        List("list");
        Pull("c", "page");
        Pull("d", "another's");
        Assert.Equal(["another's"], _journal.Answered);
        Assert.Equal(2, _services.Registrations.Count);
        Assert.Empty(_journal.Ended);

        _journal.WriteNext();
        Assert.Equal(["another's", "first", "second", "list", "page"], _journal.Answered);
        Assert.Equal(ServerRig.Client("c"), Assert.IsType<ForgetReply>(_journal.AnswerTo("first")).Client);
        Assert.Equal(ErrorCode.NotFound, Assert.IsType<Refusal>(_journal.AnswerTo("second")).Code);
        Assert.Equal(ErrorCode.ClientNotRegistered, Assert.IsType<Refusal>(_journal.AnswerTo("page")).Code);
        var list = Assert.IsType<FleetReply>(_journal.AnswerTo("list"));
        Assert.Equal((1, "d"), (list.RegisteredClients, Assert.Single(list.Members).Client.Value));
        Assert.Equal(1, _services.Registrations.Count);
        Assert.Equal([("c", ForgetReason.Asked)], _journal.Ended);
    }

    [Fact]
    public void A_push_that_is_being_written_when_its_client_is_forgotten_is_acknowledged()
    {
        Registered("c");
        Push("c", 1, "judged");
        Forget("c", "forget");
        Push("c", 2, "late");
        _journal.WriteNext();
        Assert.Equal(["judged"], _journal.Answered);
        Assert.Equal(1, Assert.IsType<PushStored>(_journal.AnswerTo("judged")).HeadLsn);

        _journal.WriteNext();
        Assert.Equal(["judged", "forget", "late"], _journal.Answered);
        Assert.Equal(ErrorCode.ClientNotRegistered, Assert.IsType<Refusal>(_journal.AnswerTo("late")).Code);
    }

    /// <summary>Registering and forgetting, again and again, with none of it durable yet: each answer waits for the right write.</summary>
    [Fact]
    public void A_pull_between_a_registration_and_an_end_that_are_both_being_written_waits_for_both()
    {
        Register("c", "registered");
        Pull("c", "page");
        Forget("c", "forget");
        _journal.WriteNext();
        Assert.Equal(["registered"], _journal.Answered);
        _journal.WriteNext();
        Assert.Equal(["registered", "forget", "page"], _journal.Answered);
        Assert.Equal(ErrorCode.ClientNotRegistered, Assert.IsType<Refusal>(_journal.AnswerTo("page")).Code);
        Assert.Equal(0, _services.Registrations.Count);
    }

    [Fact]
    public void Of_an_end_that_may_not_have_been_written_the_count_is_open_until_the_journal_is_read_again()
    {
        Registered("c", "d", "e");
        Forget("c", "forget");
        Forget("d", "too");
        _journal.WriteNext();
        _cycle.Abandon();
        Assert.Equal(ErrorCode.StorageUnavailable, Assert.IsType<Refusal>(_journal.AnswerTo("too")).Code);
        Assert.Equal(2, _services.Registrations.Count);

        Assert.Equal(1, CountAfter(_services, [.. _journal.Stored, _journal.Unwritten]));
        Assert.Equal(1, CountAfter(_services, [.. _journal.Stored, _journal.Unwritten]));
    }

    /// <summary>A tenant that cannot be read has counted nobody, whatever it had come to.</summary>
    [Fact]
    public void A_tenant_that_fails_in_recovery_leaves_the_count_as_it_is()
    {
        Registered("c", "d");
        var broken = new TenantCycle<string>(Tenant, _services, new SteppedJournal());
        broken.Recover(_journal.Stored[0], 1);
        broken.Abandon();
        Assert.Equal(2, CountAfter(_services, _journal.Stored));
    }

    [Fact]
    public void Clients_that_were_silent_for_ninety_days_and_a_day_are_forgotten_behind_the_next_message_but_not_whoever_sent_it()
    {
        Registered("c", "d", "e");
        _time.Advance(TimeSpan.FromDays(90));
        Beat("d", "beat");
        Assert.Equal(1, _journal.Writes);
        _journal.WriteNext();
        _time.Advance(TimeSpan.FromDays(1));
        Pull("e", "back");
        Assert.Equal(["beat", "back"], _journal.Answered);
        Assert.Equal(3, _services.Registrations.Count);

        _journal.WriteAll();
        Assert.Equal([("c", ForgetReason.Silent)], _journal.Ended);
        Assert.Equal(2, _services.Registrations.Count);
        Pull("c", "late");
        Assert.Equal(ErrorCode.ClientNotRegistered, Assert.IsType<Refusal>(_journal.AnswerTo("late")).Code);
    }

    [Fact]
    public void A_client_that_is_live_is_not_forgotten_however_long_it_said_nothing()
    {
        Registered("c", "d", "e");
        _journal.Live.Add(Ids.Client("c"));
        _time.Advance(TimeSpan.FromDays(91));
        Pull("e", "back");
        _journal.WriteAll();
        Assert.Equal([("d", ForgetReason.Silent)], _journal.Ended);
        _journal.Live.Clear();
        _time.Advance(TimeSpan.FromDays(90));
        Pull("e", "back again");
        _journal.WriteAll();
        Assert.Single(_journal.Ended);
    }

    [Fact]
    public void Heartbeats_cost_two_writes_in_two_days_and_pushes_cost_none_beside_their_own()
    {
        Registered("c", "d");
        var before = _journal.Stored.Count;
        for (var minute = 0; minute < 2 * 24 * 60; minute++)
        {
            Beat("c", $"beat {minute}");
            _time.Advance(TimeSpan.FromMinutes(1));
            _journal.WriteAll();
            if (minute % 600 == 0)
            {
                Push("d", minute + 1, $"push {minute}");
                _journal.WriteAll();
            }
        }

        var written = _journal.Stored.Skip(before).GroupBy(e => e.Manifest).ToDictionary(g => g.Key, g => g.Count());
        Assert.Equal(new Dictionary<string, int> { ["seen/1"] = 2, ["pushed/1"] = 5 }, written);
    }

    [Fact]
    public void A_tenant_that_ends_notes_the_contacts_that_the_journal_is_too_far_behind_of()
    {
        Registered("c", "d");
        _time.Advance(TimeSpan.FromHours(20));
        Pull("c", "page");
        _journal.WriteAll();
        _time.Advance(TimeSpan.FromMinutes(30));
        Pull("d", "page of d");
        Assert.Equal(0, _journal.Writes);
        _cycle.Stop();
        Assert.False(_journal.Stopped);
        Assert.Equal(1, _journal.Writes);
        _journal.WriteAll();
        Assert.True(_journal.Stopped);
        var place = EventSeal.PlaceOf("tenant:a", _journal.Stored.Count, "seen/1");
        var last = Assert.IsType<Seen>(_services.Events.Read("seen/1", _journal.Stored[^1].Bytes, place));
        Assert.Equal("d", Assert.Single(last.Contacts).Client.Value);
    }

    private static long CountAfter(TenantServices services, List<JournalEvent> journal)
    {
        var again = new TenantCycle<string>(Tenant, services, new SteppedJournal());
        for (var i = 0; i < journal.Count; i++)
        {
            again.Recover(journal[i], i + 1);
        }

        again.Recovered(journal.Count);
        return services.Registrations.Count;
    }

    private void Registered(params string[] clients)
    {
        foreach (var client in clients)
        {
            Register(client, $"{client} registered");
        }

        _journal.WriteAll();
        _journal.ForgetAnswers();
    }

    private void Register(string client, string from) =>
        _cycle.Handle(new RegisterClient(Tenant, ServerRig.Registration(client)), from);

    private void Forget(string client, string from) => _cycle.Handle(new ForgetClient(Tenant, ServerRig.Client(client)), from);

    private void List(string from) => _cycle.Handle(new ListClients(Tenant, null, 10), from);

    private void Beat(string client, string from) =>
        _cycle.Handle(new NoteHeartbeat(Tenant, new Heartbeat(ServerRig.Client(client), 0)), from);

    private void Push(string client, long localLsn, string from) => _cycle.Handle(
        new StorePush(Tenant, ServerRig.Inserts(_hash, client, Guid.NewGuid(), (localLsn, $"k{localLsn}", "v"))), from);

    private void Pull(string client, string from)
    {
        var pull = new Pull(Guid.NewGuid(), ServerRig.Client(client), 0, 1_000, null, null, null, false, false, false);
        _cycle.Handle(new PlanPage(Tenant, pull, 0), from);
    }
}
