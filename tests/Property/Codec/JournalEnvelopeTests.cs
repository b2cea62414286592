using HeliosSync.Codec;

namespace HeliosSync.Property.Codec;

/// <summary>A stored snapshot stands behind an envelope that says whose it is.</summary>
public sealed class JournalEnvelopeTests
{
    private static readonly SnapshotEnvelope Envelope = new("tenant:a", 300, 0xDEADBEEF);

    [Fact]
    public void A_snapshot_of_any_length_stands_behind_its_envelope()
    {
        for (var length = 0; length <= 100_000; length = (3 * length) + 1)
        {
            var snapshot = JournalSamples.Bytes(new Random(length), length);
            var bytes = Envelope.Wrap(snapshot);
            Assert.Equal(Envelope, SnapshotEnvelope.Read(bytes, out var at));
            Assert.Equal(snapshot, bytes[at..]);
        }
    }

    [Fact]
    public void An_envelope_of_an_unknown_format_is_refused()
    {
        var bytes = Envelope.Wrap([]);
        Assert.Equal(bytes, SnapshotBytes.WithCrc(bytes[..^4]));
        bytes[0]++;
        Assert.Throws<InvalidDataException>(() => SnapshotEnvelope.Read(SnapshotBytes.WithCrc(bytes[..^4]), out _));
    }
}
