using FsCheck.Xunit;
using HeliosSync.Domain;

namespace HeliosSync.Property;

/// <summary>The table of rows against a dictionary, with frozen copies taken at any time.</summary>
public sealed class RowTableLaws
{
    [Property(Arbitrary = [typeof(TinyArbitraries)], MaxTest = 40)]
    public void It_holds_what_a_dictionary_holds_and_frozen_contents_never_change(RandomSeed seed)
    {
        var random = new Random(seed.Value);
        var rows = new[] { 3, 200, 1_024, 1_025, 4_000 }[random.Next(5)];
        var table = new RowTable();
        var model = new Dictionary<Hash128, RowVersion>();
        var frozen = new List<(RowVersion[] Then, IReadOnlyList<ReadOnlyMemory<RowVersion>> Kept)>();
        for (var lsn = 1; lsn <= rows * 2; lsn++)
        {
            var version = Version(Key(random.Next(rows), rows), lsn);
            table.Set(version);
            model[version.Row] = version;
            Assert.Equal(model.Count, table.Count);
            if (random.Next(rows) < 4)
            {
                frozen.Add(([.. model.Values.OrderBy(v => v.Lsn)], table.Freeze()));
            }
        }

        for (var row = 0; row < rows + 3; row++)
        {
            var key = Key(row, rows);
            Assert.Equal(model.TryGetValue(key, out var expected), table.TryGet(key, out var found));
            Assert.Equal(expected, found);
        }

        foreach (var (then, kept) in frozen)
        {
            Assert.Equal(then, kept.SelectMany(chunk => chunk.ToArray()).OrderBy(v => v.Lsn));
        }
    }

    [Fact]
    public void Frozen_rows_come_in_full_chunks_and_one_rest()
    {
        var table = new RowTable();
        Assert.Empty(table.Freeze());
        for (var row = 0; row < (RowTable.ChunkRows * 2) + 1; row++)
        {
            table.Set(Version(Tiny.Row(row), row + 1));
        }

        Assert.Equal([RowTable.ChunkRows, RowTable.ChunkRows, 1], table.Freeze().Select(chunk => chunk.Length));
    }

    /// <summary>The index grows with an entry for each row and none besides: a row that nobody set is not there.</summary>
    [Fact]
    public void A_row_that_was_never_set_is_not_there_however_far_the_table_has_grown()
    {
        var table = new RowTable();
        for (var row = 1; row <= RowTable.ChunkRows; row++)
        {
            table.Set(Version(Tiny.Row(row), row));
            Assert.False(table.TryGet(default, out _), $"after {row} rows");
        }
    }

    /// <summary>Up to 1,024 rows, all begin in one of eight slots: neighbours get in each other's way.</summary>
    private static Hash128 Key(int row, int rows) => rows <= 1_024 ? new Hash128((ulong)row, (ulong)row % 8) : Tiny.Row(row);

    private static RowVersion Version(Hash128 row, int lsn) =>
        new(row, lsn, lsn % 4, lsn + 1, (ulong)lsn * 3, lsn % 5, Tiny.Operations[lsn % 3], lsn % 2 == 0);
}
