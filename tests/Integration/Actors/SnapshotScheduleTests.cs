using HeliosSync.Actors;
using HeliosSync.Actors.Tenants;
using HeliosSync.Domain;

namespace HeliosSync.Integration.Actors;

/// <summary>When snapshots are due: often enough for each tenant, and not for all at once.</summary>
public sealed class SnapshotScheduleTests
{
    private static readonly SyncServerOptions Options = new() { DataDir = "", SnapshotEvents = 1_000, SnapshotBytes = 100_000 };

    [Theory]
    [InlineData(1, 1_000)]
    [InlineData(1_000, 100)]
    public void Tenants_under_the_same_load_are_due_one_after_the_other_each_at_most_half_a_period_early(int bytes, int period)
    {
        var first = Enumerable.Range(0, 100).Select(i => UntilDue(new SnapshotSchedule(Options, $"tenant-{i}"), bytes)).ToArray();
        Assert.All(first, events => Assert.InRange(events, period / 2, period));
        Assert.All(first.GroupBy(events => events * 20 / period), static together => Assert.InRange(together.Count(), 1, 30));
    }

    [Fact]
    public void Behind_the_first_they_come_a_whole_period_apart_and_none_while_one_is_being_kept()
    {
        var tenant = new Tenant();
        var client = Ids.Client("c");
        tenant.Apply(new Registered(client, NodeId.Of(client), Guid.NewGuid(), [], 0, true), 1, 1);
        var schedule = new SnapshotSchedule(Options, "tenant-1");
        UntilDue(schedule, 1);
        Assert.NotNull(schedule.Cut(tenant));
        Assert.Equal(1_000, UntilDue(schedule, 1));
        Assert.Null(schedule.Cut(tenant));
        schedule.Settled(null);
        Assert.NotNull(schedule.Cut(tenant));
        Assert.Equal(1_000, UntilDue(schedule, 1));
    }

    private static int UntilDue(SnapshotSchedule schedule, int bytes)
    {
        var (events, written) = (0, new byte[bytes]);
        for (; !schedule.IsDue; events++)
        {
            schedule.Count(written);
        }

        return events;
    }
}
