using FsCheck.Xunit;
using HeliosSync.Domain;

namespace HeliosSync.Property;

/// <summary>The window of message ids against a queue of 256 (protocol 4.3).</summary>
public sealed class MessageWindowLaws
{
    [Property(Arbitrary = [typeof(TinyArbitraries)], MaxTest = 60)]
    public void It_holds_what_a_queue_of_the_last_256_holds(RandomSeed seed)
    {
        var random = new Random(seed.Value);
        var queue = new Queue<WindowEntry>();
        var window = new MessageWindow([]);
        var count = random.Next(1_000);
        for (var i = 0; i < count; i++)
        {
            var entry = Entry(i);
            window.Add(entry);
            queue.Enqueue(entry);
            if (queue.Count > 256)
            {
                queue.Dequeue();
            }

            Assert.Equal(queue.Count, window.Count);
            if (random.Next(50) == 0)
            {
                Assert.Equal(queue, window.ToArray());
                window = new MessageWindow(window.ToArray());
            }
        }

        Assert.Equal(queue, window.ToArray());
        for (var i = 0; i < count; i++)
        {
            Assert.Equal(i >= count - 256, window.TryFind(Entry(i).Message, out var found));
            Assert.Equal(i >= count - 256 ? Entry(i) : default, found);
        }
    }

    [Fact]
    public void An_array_taken_from_it_does_not_change_later()
    {
        var window = new MessageWindow([Entry(1), Entry(2)]);
        var taken = window.ToArray();
        for (var i = 3; i < 300; i++)
        {
            window.Add(Entry(i));
        }

        Assert.Equal([Entry(1), Entry(2)], taken);
    }

    [Fact]
    public void It_takes_no_more_than_256_to_begin_with() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new MessageWindow([.. Enumerable.Range(0, 257).Select(Entry)]));

    private static WindowEntry Entry(int i) => new(new Guid(i, 0, 0, new byte[8]), new Hash128((ulong)i, 7), i + 1);
}
