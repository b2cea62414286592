using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Property.Codec;

/// <summary>The list of a page's changes keeps what was added, in its order, over the edges of its pieces.</summary>
public sealed class StoredChangesTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(StoredChanges.PieceLength)]
    [InlineData(StoredChanges.PieceLength + 1)]
    [InlineData(1_000)]
    public void What_was_added_stands_there_in_its_order(int count)
    {
        var changes = Filled(count, most: count);
        Assert.Equal(Enumerable.Range(1, count).Select(static i => (long)i), changes.Select(static c => c.Lsn));
        Assert.Equal(changes.Select(static c => c.Lsn), Enumerable.Range(0, count).Select(i => changes[i].Lsn));
    }

    [Fact]
    public void Nothing_stands_behind_the_last()
    {
        var changes = Filled(3, most: 1_000);
        Assert.Throws<ArgumentOutOfRangeException>(() => changes[3].Lsn);
        Assert.Throws<ArgumentOutOfRangeException>(() => changes[-1].Lsn);
    }

    private static StoredChanges Filled(int count, int most)
    {
        var changes = new StoredChanges(most);
        for (var i = 1; i <= count; i++)
        {
            changes.Add(new StoredChange(i, default, Operation.Insert, default, default, false, 0, 0, 0, default, 0, 0, VectorClock.Empty));
        }

        return changes;
    }
}
