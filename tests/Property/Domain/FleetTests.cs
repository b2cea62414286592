using FsCheck;
using FsCheck.Xunit;
using HeliosSync.Domain;

namespace HeliosSync.Property;

/// <summary>What an administrator sees of the clients, and how they are forgotten (docs/protocol.md 6.6).</summary>
public sealed class FleetTests
{
    private const long Second = 1_000_000;
    private const long Hour = 3_600 * Second;
    private const long Day = 24 * Hour;

    private readonly Tenant _tenant = new();
    private long _sequence;
    private long _now = Tiny.Now;

    [Fact]
    public void Pages_hold_every_client_once_in_the_order_of_their_ids_whatever_their_size()
    {
        string[] ids = ["b", "a", "B", "a.1", "a:1", "10", "9", "..", "_", "a-"];
        foreach (var id in ids)
        {
            Register(id);
        }

        var ordered = ids.Order(StringComparer.Ordinal).ToArray();
        for (var size = 1; size <= ids.Length + 1; size++)
        {
            var seen = new List<string>();
            ClientId? after = null;
            FleetPage page;
            do
            {
                page = _tenant.Fleet.Page(after, size, _tenant.Head);
                Assert.InRange(page.Members.Count, 1, size);
                seen.AddRange(page.Members.Select(m => m.Client.Value));
                after = page.Members[^1].Client;
            }
            while (page.HasMore);

            Assert.Equal(ordered, seen);
            Assert.Empty(_tenant.Fleet.Page(after, size, _tenant.Head).Members);
        }

        Assert.Equal(["a.1", "a:1"], _tenant.Fleet.Page(Tiny.Client("a-zz"), 2, 0).Members.Select(m => m.Client.Value));
    }

    [Fact]
    public void A_page_ends_where_its_metadata_is_enough()
    {
        MetadataEntry[] large = [.. Enumerable.Range(0, 32).Select(i => new MetadataEntry($"{i:D64}", new string('x', 512)))];
        for (var i = 0; i < 100; i++)
        {
            Register($"{i:D3}", large);
        }

        var page = _tenant.Fleet.Page(null, 1_000, 0);
        Assert.True(page.HasMore);
        Assert.Equal(1 + (Limits.FleetPageMetadataCharsMax / (32 * 576)), page.Members.Count);
    }

    [Fact]
    public void A_client_is_behind_since_the_first_change_above_its_position_was_written()
    {
        Register("a");
        Register("b");
        Say("a", 0);
        Assert.Null(Member("a").BehindSinceMicros);
        var writes = new List<long>();
        for (var lsn = 1; lsn <= 5; lsn++)
        {
            _now += 3 * Second;
            writes.Add(_now);
            Push("b", lsn, row: lsn);
        }

        for (var position = 0; position < 5; position++)
        {
            Say("a", position);
            Assert.Equal((position, writes[position]), (Member("a").Position, Member("a").BehindSinceMicros));
        }

        Say("a", 5);
        Assert.Equal((5, null), (Member("a").Position, Member("a").BehindSinceMicros));
    }

    [Fact]
    public void After_a_restart_a_position_is_unknown_until_the_clients_next_word()
    {
        Register("a");
        Push("a", 1, row: 1);
        Say("a", 1);
        var restarted = new Tenant(_tenant.Freeze());
        var member = Assert.Single(restarted.Fleet.Page(null, 10, 1).Members);
        Assert.Equal((null, null), (member.Position, member.BehindSinceMicros));
        restarted.SetPosition(Tiny.Client("a"), 0);
        member = Assert.Single(restarted.Fleet.Page(null, 10, 1).Members);
        Assert.Equal((0, _now), (member.Position, member.BehindSinceMicros));
    }

    [Fact]
    public void Conflicts_are_counted_for_whoever_pushed_them_also_in_atomic_refusals_and_through_a_snapshot()
    {
        Register("a");
        Register("b");
        Push("a", 1, row: 1);
        Push("b", 1, row: 1, content: 2);
        Push("b", 2, row: 1, content: 3, atomic: true);
        Push("b", 3, row: 2);
        Assert.Equal((0, 2), (Member("a").Conflicts, Member("b").Conflicts));
        Assert.Equal([0, 2], new Tenant(_tenant.Freeze()).Fleet.Page(null, 10, 0).Members.Select(m => m.Conflicts));
    }

    [Fact]
    public void What_a_forgotten_client_used_up_stays_and_the_rest_is_gone()
    {
        Register("a", node: "a#1");
        var push = Push("a", 7, row: 1, counter: 4);
        Forget("a");

        Assert.Equal(0, _tenant.ClientCount);
        Assert.Empty(_tenant.Freeze().Clients);
        Assert.Equal(ErrorCode.ClientNotRegistered, _tenant.Decide(push, _now).Refusal!.Code);
        Assert.Equal(ErrorCode.ClientNotRegistered, _tenant.CheckClient(push.Client, null)!.Code);
        Assert.Equal(ErrorCode.NotFound, _tenant.Fleet.Decide(push.Client, _now).Refusal!.Code);

        Assert.Equal(ErrorCode.NodeReused, Decide("a", "a#1", lastLocal: 6).Refusal!.Code);
        Register("a", node: "a#1", lastLocal: 7);
        Assert.Equal(new Standing(Tiny.Node("a#1"), 0, 7, 4), _tenant.StandingOf(push.Client));
        Assert.Equal(Verdict.Repeated, Assert.Single(_tenant.Decide(push, _now).Event!.Judgements.ToArray()).Verdict);
    }

    /// <summary>What is held names no node, so its claim could make the client go on under a node whose numbers are others.</summary>
    [Fact]
    public void A_held_registration_does_not_bring_back_a_client_that_was_forgotten()
    {
        Register("a", node: "a#1");
        Forget("a");
        Assert.Equal(ErrorCode.ClientNotRegistered, Decide("a", "a", onlyIfAbsent: true).Refusal!.Code);
        Assert.True(Decide("b", "b", onlyIfAbsent: true).Event!.First);
    }

    [Fact]
    public void Nodes_are_counted_beyond_a_clients_end()
    {
        for (var i = 0; i < Limits.NodesPerClientMax; i++)
        {
            Register("a", node: $"a#{i}");
        }

        Forget("a");
        Assert.Equal(ErrorCode.QuotaExceeded, Decide("a", "a#new").Refusal!.Code);
        Assert.Equal(ErrorCode.QuotaExceeded, Restored().Decide(Registration("a", "a#new"), Tiny.ServerGuid, _now).Refusal!.Code);
        Assert.Null(Decide("a", "a#1").Refusal);
        Assert.Null(Decide("b", "b").Refusal);
    }

    [Fact]
    public void Silence_of_ninety_days_and_a_day_of_grace_forgets_and_less_does_not()
    {
        Register("a");
        Register("b");
        Register("c");
        _now += 91 * Day;
        _tenant.Fleet.Hear(Tiny.Client("b"), _now);
        _tenant.Fleet.Hear(Tiny.Client("c"), _now - (91 * Day) + 1);
        var step = _tenant.Fleet.DecideUpkeep(null, _now, 90 * Day);
        Assert.Equal([new Forgotten(Tiny.Client("a"), _now, ForgetReason.Silent)], step.Forgotten);
        Assert.Equal([Tiny.Client("b")], step.Seen!.Contacts.Select(c => c.Client));
        Assert.Null(step.Next);

        Assert.Empty(_tenant.Fleet.DecideUpkeep(null, _now + (10_000 * Day), null).Forgotten);
    }

    [Fact]
    public void A_contact_is_noted_once_the_journal_is_twenty_hours_behind_of_it_and_never_for_who_pushes()
    {
        Register("a");
        Register("b");
        Assert.Null(At(20 * Hour - 1));
        Assert.Equal([new Contact(Tiny.Client("a"), Tiny.Now + (20 * Hour))], At(20 * Hour)!.Contacts);
        Assert.Null(At(20 * Hour + 1));

        Seen? At(long since)
        {
            _now = Tiny.Now + since;
            _tenant.Fleet.Hear(Tiny.Client("a"), _now);
            Push("b", since, row: 1);
            var step = _tenant.Fleet.DecideUpkeep(null, _now, null);
            if (step.Seen is { } seen)
            {
                Apply(seen);
            }

            return step.Seen;
        }
    }

    /// <summary>A crash loses what is not noted; what is noted survives, and the grace covers the rest.</summary>
    [Fact]
    public void A_client_heard_of_at_all_times_is_never_forgotten_however_often_the_server_restarts()
    {
        var tenant = _tenant;
        Register("a");
        for (var hours = 0; hours < 24 * 200; hours += 7)
        {
            _now = Tiny.Now + (hours * Hour);
            tenant.Fleet.Hear(Tiny.Client("a"), _now);
            var step = tenant.Fleet.DecideUpkeep(null, _now, 1 * Day);
            Assert.Empty(step.Forgotten);
            if (step.Seen is { } seen)
            {
                tenant.Apply(seen, ++_sequence, 10);
            }

            tenant = new Tenant(tenant.Freeze());
            Assert.Empty(tenant.Fleet.DecideUpkeep(null, _now + (23 * Hour), 1 * Day).Forgotten);
        }
    }

    [Fact]
    public void Clients_whose_last_contact_a_snapshot_did_not_keep_have_their_whole_time_from_the_next_upkeep_on()
    {
        Register("a");
        var frozen = _tenant.Freeze();
        var old = new Tenant(frozen with { Clients = [.. frozen.Clients.Select(c => c with { SeenMicros = null })] });
        Assert.Null(Assert.Single(old.Fleet.Page(null, 1, 0).Members).SeenMicros);
        _now += 1_000 * Day;
        var step = old.Fleet.DecideUpkeep(null, _now, 90 * Day);
        Assert.Empty(step.Forgotten);
        Assert.Equal([new Contact(Tiny.Client("a"), _now)], step.Seen!.Contacts);
    }

    [Fact]
    public void Upkeep_goes_in_steps_of_a_thousand_clients_and_forgets_a_hundred_at_once()
    {
        for (var i = 0; i < 2_500; i++)
        {
            Register($"{i:D4}");
        }

        _now += 100 * Day;
        for (var i = 0; i < 2_500; i += i < 250 ? 1 : 2_251)
        {
            _tenant.Fleet.Hear(Tiny.Client($"{i:D4}"), _now - (95 * Day));
        }

        Enumerable.Range(250, 2_250).ToList().ForEach(i => _tenant.Fleet.Hear(Tiny.Client($"{i:D4}"), _now));
        var (forgotten, noted, steps) = (0, 0, 0);
        ClientId? after = null;
        do
        {
            var step = _tenant.Fleet.DecideUpkeep(after, _now, 90 * Day);
            Assert.InRange(step.Forgotten.Count, 0, Limits.UpkeepForgottenMax);
            Assert.InRange((step.Seen?.Contacts.Count ?? 0) + step.Forgotten.Count, 0, Limits.UpkeepClientsMax);
            (forgotten, noted, steps) = (forgotten + step.Forgotten.Count, noted + (step.Seen?.Contacts.Count ?? 0), steps + 1);
            step.Forgotten.ToList().ForEach(Apply);
            after = step.Next;
        }
        while (after is not null);

        Assert.Equal((250, 2_250, 5), (forgotten, noted, steps));
    }

    /// <summary>Never later than it was, and earlier by a second or a small part of its age at most.</summary>
    [Property(MaxTest = 200)]
    public void The_time_of_a_change_is_told_to_a_second_or_a_part_of_its_age(int[] gaps, PositiveInt repeats)
    {
        var (times, written) = (new WriteTimes([]), new List<long>());
        var now = 0L;
        for (var lsn = 1; lsn <= Math.Min(20_000, repeats.Get * 400); lsn++)
        {
            now += gaps.Length == 0 ? Second : Math.Abs((long)gaps[lsn % gaps.Length]) * 100_000;
            times.Add(lsn, now);
            written.Add(now);
        }

        Assert.InRange(times.ToArray().Length, 1, WriteTimes.MarksMax);
        for (var lsn = 1; lsn <= written.Count; lsn += 1 + (written.Count / 500))
        {
            var told = times.Of(lsn)!.Value;
            var (then, age) = (written[lsn - 1], now - written[lsn - 1]);
            Assert.InRange(told, then - Second - (age / 16), then);
        }

        Assert.Null(times.Of(0));
    }

    [Property(MaxTest = 100)]
    public void Times_stay_bounded_and_rise_in_lsns_whatever_the_clock_does(DoNotSize<int>[] clock)
    {
        var times = new WriteTimes([]);
        for (var lsn = 1; lsn <= 2_000; lsn++)
        {
            times.Add(lsn, clock.Length == 0 ? -lsn * Second : clock[lsn % clock.Length].Item * Second);
        }

        var marks = times.ToArray();
        Assert.InRange(marks.Length, 1, WriteTimes.MarksMax);
        Assert.Equal(1, marks[0].Lsn);
        Assert.Equal(marks.Select(m => m.Lsn).Distinct().Order(), marks.Select(m => m.Lsn));
    }

    private Tenant Restored() => new(_tenant.Freeze());

    private FleetMember Member(string id) => Assert.Single(_tenant.Fleet.Page(null, 100, _tenant.Head).Members, m => m.Client.Value == id);

    private void Say(string id, long lsn) => _tenant.SetPosition(Tiny.Client(id), lsn);

    private static Register Registration(string id, string node, long? lastLocal = null, bool onlyIfAbsent = false) =>
        new(Tiny.Client(id), Tiny.Node(node), 0, lastLocal, VectorClock.Empty, null, [], onlyIfAbsent);

    private RegisterDecision Decide(string id, string node, long? lastLocal = null, bool onlyIfAbsent = false) =>
        _tenant.Decide(Registration(id, node, lastLocal, onlyIfAbsent), Tiny.ServerGuid, _now);

    private void Register(string id, MetadataEntry[]? metadata = null, string? node = null, long? lastLocal = null)
    {
        var register = Registration(id, node ?? id, lastLocal) with { Metadata = metadata ?? [] };
        Apply(_tenant.Decide(register, Tiny.ServerGuid, _now).Event!);
    }

    private void Forget(string id) => Apply(_tenant.Fleet.Decide(Tiny.Client(id), _now).Event!);

    private Push Push(string id, long local, int row, int content = 1, long counter = 0, bool atomic = false)
    {
        var node = _tenant.StandingOf(Tiny.Client(id)).Node;
        var change = Tiny.Change(local, Operation.Update, row, content, VectorClock.Empty.With(node, counter), 0, _now);
        var push = new Push(Guid.NewGuid(), Tiny.Client(id), VectorClock.Empty, null, atomic, new[] { change }, default);
        Apply(_tenant.Decide(push, _now).Event!);
        return push with { Message = Guid.NewGuid() };
    }

    private void Apply(TenantEvent e) => _tenant.Apply(e, ++_sequence, 100);
}
