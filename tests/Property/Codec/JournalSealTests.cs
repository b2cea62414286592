using HeliosSync.Codec;

namespace HeliosSync.Property.Codec;

/// <summary>An event is tied to its place in the journal: what stands where another belongs is refused.</summary>
public sealed class JournalSealTests
{
    private static readonly uint Here = EventSeal.PlaceOf("tenant:a", 7, "pushed/1");

    /// <summary>Stored bytes depend on it, so it never changes.</summary>
    [Fact]
    public void A_places_checksum_never_changes() => Assert.Equal(0xDC0D1915u, Here);

    [Fact]
    public void An_event_is_good_at_its_own_place_and_at_no_other()
    {
        var bytes = Bound();
        Assert.True(EventSeal.Holds(bytes, Here));
        JournalSamples.Reader.Read("pushed/1", bytes, Here);
        foreach (var (name, sequence, manifest) in new[]
        {
            ("tenant:b", 7L, "pushed/1"), ("tenant:a", 8L, "pushed/1"), ("tenant:a", 7L, "registered/1"), ("tenant:", 7L, "apushed/1"),
        })
        {
            var elsewhere = EventSeal.PlaceOf(name, sequence, manifest);
            Assert.False(EventSeal.Holds(bytes, elsewhere));
            Assert.Throws<InvalidDataException>(() => JournalSamples.Reader.Read("pushed/1", bytes, elsewhere));
        }
    }

    [Fact]
    public void An_event_that_is_tied_to_no_place_is_good_anywhere()
    {
        var bytes = EventWriter.Write(JournalSamples.Pushed(new Random(1)));
        Assert.True(EventSeal.Holds(bytes, Here));
        Assert.True(EventSeal.Holds(bytes, 0));
    }

    [Fact]
    public void Any_flipped_bit_of_a_tied_event_is_refused()
    {
        var bytes = Bound();
        for (var bit = 0; bit < 8 * bytes.Length; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(EventSeal.Holds(bytes, Here));
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.False(EventSeal.Holds(bytes.AsSpan(0, length), Here));
        }
    }

    [Fact]
    public void Bytes_with_no_body_before_their_checksum_are_no_event()
    {
        for (var length = 0; length <= 4; length++)
        {
            Assert.False(EventSeal.Holds(new byte[length], Here));
            Assert.False(EventSeal.Holds(new byte[length], 0));
        }

        Assert.False(EventSeal.Holds(BitConverter.GetBytes(Here), Here));
    }

    [Fact]
    public void The_checksum_of_an_event_is_its_last_four_bytes_and_0_where_it_has_fewer()
    {
        byte[] bytes = [4, 3, 2, 1, 0xEF, 0xBE, 0xAD, 0xDE];
        Assert.Equal(0xDEADBEEF, EventSeal.Of(bytes));
        Assert.Equal(0x01020304u, EventSeal.Of(bytes.AsSpan(0, 4)));
        for (var length = 0; length < 4; length++)
        {
            Assert.Equal(0u, EventSeal.Of(bytes.AsSpan(0, length)));
        }
    }

    [Fact]
    public void A_snapshots_envelope_reads_as_it_was_written_and_any_flipped_bit_of_it_is_refused()
    {
        var envelope = new SnapshotEnvelope("tenant:a", 300, 0xDEADBEEF);
        var bytes = envelope.Wrap([1, 2, 3]);
        Assert.Equal(envelope, SnapshotEnvelope.Read(bytes, out var at));
        Assert.Equal([1, 2, 3], bytes[at..]);
        for (var bit = 0; bit < 8 * at; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Throws<InvalidDataException>(() => SnapshotEnvelope.Read(bytes, out _));
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    private static byte[] Bound()
    {
        var bytes = EventWriter.Write(JournalSamples.Pushed(new Random(1)));
        EventSeal.Bind(bytes, Here);
        return bytes;
    }
}
