using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Property.Codec;

/// <summary>The bytes of <c>compacted/1</c>: those that were stored once, any others, and corrupt ones.</summary>
public sealed class CompactedBytesTests
{
    [Fact]
    public void What_is_left_of_a_push_still_reads_and_writes()
    {
        var golden = Golden("compacted-1.bin");
        Assert.Equal(golden, CompactedSamples.Of(new PushedView(Golden("pushed-1.bin")), new Random(3)));
        var read = (Pushed)JournalSamples.Reader.Read(EventManifests.Compacted, golden);
        Assert.Equal((975, 1_002, 7, 18, Limits.SafeIntegerMax, 348), (
            read.FirstLsn, read.Remains!.LastLsn, read.Judgements.Length, read.Remains.Before, read.JudgedLsn, read.Remains.Conflicts));
    }

    [Fact]
    public void What_is_left_of_a_push_that_settled_conflicts_still_reads_and_writes() =>
        Assert.Equal(Golden("compacted-1-settled.bin"), CompactedSamples.Of(new PushedView(Golden("pushed-3.bin")), new Random(5)));

    [Fact]
    public void A_row_that_stands_for_events_of_which_nothing_is_left_still_reads_and_writes()
    {
        Assert.Equal(Golden("compacted-1-gap.bin"), CompactedWriter.WriteGap(999, 300, 1_299));
        var read = JournalSamples.Reader.Read(EventManifests.Compacted, Golden("compacted-1-gap.bin"));
        Assert.Equal(new Compacted(999, 300, 1_299), read);
    }

    [Fact]
    public void Written_anew_from_its_bytes_it_is_the_same()
    {
        for (var seed = 0; seed < 2_000; seed++)
        {
            var bytes = CompactedSamples.Any(new Random(seed));
            var read = JournalSamples.Reader.Read(EventManifests.Compacted, bytes);
            Assert.Equal(read is Compacted ? null : bytes, CompactedSamples.Rewrite(bytes));
        }
    }

    [Fact]
    public void Any_byte_changed_it_is_refused_or_walked_to_its_end_within_its_lsns()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var bytes = CompactedSamples.Any(random);
            for (var at = 0; at < bytes.Length - EventWriter.ChecksumBytes; at++)
            {
                byte[] broken = [.. bytes];
                broken[at] ^= (byte)(1 << random.Next(8));
                Assert.Throws<InvalidDataException>(() => JournalSamples.Reader.Read(EventManifests.Compacted, broken));
                Walk(broken);
            }
        }
    }

    [Fact]
    public void It_is_never_written_from_an_event()
    {
        var read = JournalSamples.Reader.Read(EventManifests.Compacted, Golden("compacted-1.bin"));
        Assert.Throws<ArgumentException>(() => EventWriter.Write(read));
        Assert.Throws<ArgumentException>(() => EventWriter.ManifestOf(read));
        Assert.Throws<ArgumentException>(() => EventWriter.Write(new Compacted(1, 2, 3)));
    }

    [Fact]
    public void One_that_stands_for_more_events_than_there_were_is_corrupt()
    {
        var gap = CompactedWriter.WriteGap(7, 1, 5);
        Assert.Equal(1, EventSpan.First(EventManifests.Compacted, gap, 8));
        Assert.Throws<InvalidDataException>(() => EventSpan.First(EventManifests.Compacted, gap, 7));
        Assert.Equal(7, EventSpan.First(EventManifests.Pushed, Golden("pushed-1.bin"), 7));
    }

    private static void Walk(byte[] bytes)
    {
        try
        {
            var view = new PushedView(bytes);
            var last = view.FirstLsn - 1;
            foreach (var change in view.Accepted())
            {
                Assert.InRange(change.Lsn, last + 1, view.LastLsn);
                last = change.Lsn;
            }
        }
        catch (InvalidDataException)
        {
            // Refused.
        }
    }

    private static byte[] Golden(string file) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Codec", "Golden", file));
}
