using HeliosSync.Domain;

namespace HeliosSync.Property;

/// <summary>Run alone, after everything that runs in parallel: other tests' garbage must not be counted.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MeasuredAlone
{
    public const string Name = "measured alone";
}

/// <summary>What a tenant of a million rows costs in memory: under 100 bytes a row (issue 2, point 5).</summary>
[Collection(MeasuredAlone.Name)]
public sealed class MemoryTests
{
    private const int Rows = 1_000_000;
    private const int BytesOfARowMax = 100;

    /// <summary>All that was ever allocated for it, outgrown indexes included.</summary>
    [Fact]
    public void A_million_rows_are_made_with_under_100_bytes_each()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var table = new RowTable();
        for (var row = 0; row < Rows; row++)
        {
            table.Set(new RowVersion(Tiny.Row(row), row + 1, 1, row + 1, 7, 0, Operation.Insert, true));
        }

        AssertUnder100(GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(Rows, table.Count);
    }

    [Fact]
    public void A_tenant_of_a_million_rows_keeps_under_100_bytes_for_each()
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var stage = Filled();
        AssertUnder100(GC.GetTotalMemory(forceFullCollection: true) - before);
        Assert.Equal(Rows, stage.RowCount);
    }

    /// <summary>Taking a snapshot of a million rows copies none of them.</summary>
    [Fact]
    public void To_freeze_a_million_rows_costs_under_a_byte_each()
    {
        var stage = Filled();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var frozen = stage.Freeze();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, Rows);
        Assert.Equal(Rows, frozen.Rows.Sum(chunk => chunk.Length));
    }

    /// <summary>A write after a snapshot copies its chunk once, not with every write.</summary>
    [Fact]
    public void Writing_every_row_anew_beside_a_snapshot_copies_every_row_once()
    {
        var table = new RowTable();
        const int Few = 100_000;
        for (var row = 0; row < Few; row++)
        {
            table.Set(new RowVersion(Tiny.Row(row), row + 1, 1, row + 1, 7, 0, Operation.Insert, true));
        }

        var frozen = table.Freeze();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var row = 0; row < Few; row++)
        {
            table.Set(new RowVersion(Tiny.Row(row), Few + row, 1, row + 1, 7, 0, Operation.Update, true));
        }

        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / Few, 60, 68);
        Assert.Equal(Few, frozen[^1].Span[^1].Lsn);
    }

    private static Tenant Filled()
    {
        var tenant = new Tenant();
        var register = new Register(Tiny.Client("a"), Tiny.Node("a"), 0, null, VectorClock.Empty, null, []);
        tenant.Apply(tenant.Decide(register, Tiny.ServerGuid, Tiny.Now).Event!, 1, 100);
        var changes = new PushedChange[Limits.BatchChangesMax];
        for (var row = 0; row < Rows; row += changes.Length)
        {
            for (var i = 0; i < changes.Length; i++)
            {
                changes[i] = Tiny.Change(row + i + 1, Operation.Insert, row + i, 7);
            }

            var message = new Guid(row, 0, 0, new byte[8]);
            var push = new Push(message, Tiny.Client("a"), VectorClock.Empty, null, false, changes, new Hash128(0, (ulong)row));
            tenant.Apply(tenant.Decide(push, Tiny.Now).Event!, tenant.Sequence + 1, 200_000);
        }

        return tenant;
    }

    private static void AssertUnder100(long bytes) => Assert.InRange(bytes / Rows, 50, BytesOfARowMax - 1);
}
