using System.Buffers.Binary;
using System.IO.Hashing;
using HeliosSync.Codec;
using HeliosSync.Domain;
using HeliosSync.Property.Codec;

namespace HeliosSync.Fuzz.Codec;

/// <summary>Inputs of journal events: a byte for the manifest, then the event without its CRC, which the target puts behind it.</summary>
internal static class StoredEvents
{
    private static readonly string[] Manifests =
    [
        EventManifests.Pushed, EventManifests.Registered, EventManifests.Reregistered, EventManifests.Forgotten,
        EventManifests.Seen, EventManifests.PushedByPolicy, EventManifests.Policy, EventManifests.PushedSettling,
        EventManifests.Restored, EventManifests.Compacted,
    ];

    public static IReadOnlyList<byte[]> Tokens { get; } =
    [
        [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], [0x80, 0x00], [0xff, 0xff, 0xff, 0xff, 0x0f], [0x01, (byte)'a'],
        [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f], [0x03, (byte)'a', (byte)'#', (byte)'1'], [0x28, 0xb5, 0x2f, 0xfd],
    ];

    public static string ManifestOf(byte[] input) => Manifests[input[0] % Manifests.Length];

    /// <summary>The event with a right CRC behind it.</summary>
    public static byte[] Sealed(byte[] input)
    {
        var whole = new byte[input.Length - 1 + EventWriter.ChecksumBytes];
        input.AsSpan(1).CopyTo(whole);
        BinaryPrimitives.WriteUInt32LittleEndian(whole.AsSpan(input.Length - 1), Crc32.HashToUInt32(input.AsSpan(1)));
        return whole;
    }

    /// <summary>The golden files, and drawn events.</summary>
    public static IEnumerable<byte[]> Pushes(int inputBytesMax)
    {
        string[] golden = ["pushed-1.bin", "pushed-1-refused.bin"];
        return golden.Select(static f => Input(0, Golden(f)))
            .Concat(Enumerable.Range(0, 40).Select(static seed => JournalSamples.Pushed(new Random(seed), 1 + (seed % 3)))
                .Select(static e => Input(0, EventWriter.Write(e))))
            .Concat(Enumerable.Range(0, 20).Select(static seed => JournalSamples.PushedByPolicy(new Random(seed)))
                .Select(static e => Input(e.Settled is null ? 5 : 7, EventWriter.Write(e))))
            .Append(Input(5, Golden("pushed-2.bin")))
            .Append(Input(7, Golden("pushed-3.bin")))
            .Concat(Enumerable.Range(0, 30).Select(static seed => Input(9, CompactedSamples.Any(new Random(seed)))))
            .Where(i => i.Length <= inputBytesMax);
    }

    public static IEnumerable<byte[]> Registrations() =>
        new[]
            {
                (1, "registered-1.bin"), (2, "reregistered-1.bin"), (3, "forgotten-1.bin"), (4, "seen-1.bin"), (6, "policy-1.bin"),
                (8, "restored-1.bin"),
            }
            .Select(static f => Input(f.Item1, Golden(f.Item2)))
            .Concat(Enumerable.Range(0, 10).Select(static seed =>
                Input(1 + (seed % 2), EventWriter.Write(JournalSamples.Registered(new Random(seed))))));

    public static byte[] Golden(string file) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Codec", "Golden", file));

    private static byte[] Input(int manifest, byte[] stored) => [(byte)manifest, .. stored[..^EventWriter.ChecksumBytes]];
}

/// <summary>
/// An event for replay, below its CRC: read or refused as corrupt; what is read is the same when written and read again, and the bytes
/// written then stay the same. With any other CRC it is refused.
/// </summary>
internal sealed class EventTarget : FuzzTarget
{
    public override string Name => "event";

    public override int Share => 8;

    public override IReadOnlyList<byte[]> Tokens => StoredEvents.Tokens;

    public override IEnumerable<byte[]> Seeds() => [.. StoredEvents.Pushes(InputBytesMax), .. StoredEvents.Registrations()];

    public override bool Run(byte[] input)
    {
        if (input.Length < 2)
        {
            return false;
        }

        var manifest = StoredEvents.ManifestOf(input);
        var stored = StoredEvents.Sealed(input);
        RefusesAnotherCrc(manifest, stored);
        BelongsToItsPlace(manifest, stored);
        var read = Read(manifest, stored);
        if (read is null)
        {
            return false;
        }

        if (manifest == EventManifests.Compacted)
        {
            StaysAsItIs(manifest, stored);
            return true;
        }

        var written = EventWriter.Write(read);
        var again = Read(EventWriter.ManifestOf(read), written);
        Oracle.Holds(again is not null, "what was read and is written is read");
        JournalSamples.Same(read, again!);
        Oracle.Holds(EventWriter.Write(again!).AsSpan().SequenceEqual(written), "written again it is the same bytes");
        return true;
    }

    /// <summary>Written anew from its bytes, as the next compaction does, it is read, and is written so for ever.</summary>
    private static void StaysAsItIs(string manifest, byte[] stored)
    {
        if (CompactedSamples.Rewrite(stored) is { } left)
        {
            Oracle.Holds(Read(manifest, left) is not null, "what compaction leaves of it is read");
            Oracle.Holds(CompactedSamples.Rewrite(left)!.AsSpan().SequenceEqual(left), "compacted again it is the same bytes");
        }
    }

    private static void RefusesAnotherCrc(string manifest, byte[] stored)
    {
        byte[] flipped = [.. stored];
        flipped[stored[^1] % stored.Length] ^= (byte)(1 << (stored[^2] & 7));
        Oracle.Holds(Read(manifest, flipped) is null, "an event with one flipped bit is refused");
    }

    /// <summary>Tied to a place, the bytes hold there and neither elsewhere nor with one bit flipped; tied to none, anywhere.</summary>
    private static void BelongsToItsPlace(string manifest, byte[] stored)
    {
        byte[] tied = [.. stored];
        var (here, elsewhere) = (EventSeal.PlaceOf("tenant:a", 7, manifest), EventSeal.PlaceOf("tenant:b", 7, manifest));
        EventSeal.Bind(tied, here);
        Oracle.Holds(EventSeal.Holds(tied, here) && !EventSeal.Holds(tied, elsewhere), "an event holds at its own place alone");
        Oracle.Holds(EventSeal.Holds(stored, here) && EventSeal.Holds(stored, elsewhere), "an event that is tied to none holds anywhere");
        tied[stored[^1] % tied.Length] ^= (byte)(1 << (stored[^2] & 7));
        Oracle.Holds(!EventSeal.Holds(tied, here), "an event with one flipped bit does not hold");
    }

    private static TenantEvent? Read(string manifest, byte[] stored) => Oracle.Bounded(stored.Length, 200, 1_024 * 1_024, () =>
    {
        try
        {
            return JournalSamples.Reader.Read(manifest, stored);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    });
}
