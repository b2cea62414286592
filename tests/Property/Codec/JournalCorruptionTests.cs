using System.Buffers.Binary;
using System.IO.Hashing;
using FsCheck;
using FsCheck.Xunit;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Property.Codec;

/// <summary>Corrupt journal bytes are an <see cref="InvalidDataException"/> and nothing else, at bounded cost.</summary>
[Properties(MaxTest = 2_000)]
public sealed class JournalCorruptionTests
{
    /// <summary>What reading may allocate for each byte of an event, and beside that; a frame's contents come from a pool.</summary>
    private const int AllocatedPerByteMax = 150;
    private const int AllocatedBesideMax = 1_024 * 1_024;

    private static readonly string[] Manifests =
        ["pushed/1", "registered/1", "reregistered/1", "forgotten/1", "seen/1", "pushed/2", "policy/1", "pushed/3", "restored/1"];

    [Property]
    public void One_flipped_bit_is_refused_by_replay(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        var (manifest, bytes) = Stored(random);
        bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
        Assert.Throws<InvalidDataException>(() => JournalSamples.Reader.Read(manifest, bytes));
    }

    [Property]
    public void A_cut_event_is_refused_by_replay(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        var (manifest, bytes) = Stored(random);
        Assert.Throws<InvalidDataException>(() => JournalSamples.Reader.Read(manifest, bytes.AsMemory(0, random.Next(bytes.Length))));
    }

    [Property]
    public void Bytes_behind_an_event_are_refused_by_replay(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        var (manifest, bytes) = Stored(random);
        var longer = Sealed([.. bytes[..^4], (byte)random.Next(256)]);
        Assert.Throws<InvalidDataException>(() => JournalSamples.Reader.Read(manifest, longer));
    }

    [Fact]
    public void Bytes_behind_the_outcomes_are_refused()
    {
        var bytes = EventWriter.Write(JournalSamples.Pushed(new Random(1)));
        var view = new PushedView(bytes);
        byte[] outcomes = [.. bytes[view.OutcomesAt..view.RecordsAt], 0];
        var longer = Sealed([.. bytes[..(view.OutcomesAt - 1)], (byte)outcomes.Length, .. outcomes, .. bytes[view.RecordsAt..^4]]);
        Assert.Throws<InvalidDataException>(() => JournalSamples.Reader.Read("pushed/1", longer));
    }

    [Property]
    public void Mutated_bytes_with_a_good_crc_read_or_are_refused(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        var (_, bytes) = Stored(random);
        var mutated = Sealed(Mutate(random, bytes[..^4]));
        OnlyInvalidData(mutated.Length, () => JournalSamples.Reader.Read(random.GetItems(Manifests, 1)[0], mutated));
    }

    [Property]
    public void A_view_of_mutated_bytes_walks_or_is_refused(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        var mutated = Mutate(random, EventWriter.Write(JournalSamples.Pushed(random)));
        OnlyInvalidData(mutated.Length, () =>
        {
            var view = new PushedView(mutated);
            foreach (var change in view.Accepted())
            {
                Assert.InRange(change.Lsn, view.FirstLsn, view.LastLsn);
            }

            foreach (var outcome in view.Outcomes())
            {
                Assert.InRange(outcome.Verdict, Verdict.Accepted, Verdict.Withdrawn);
            }
        });
    }

    [Fact]
    public void An_unknown_manifest_is_refused() => Assert.Throws<InvalidDataException>(
        () => JournalSamples.Reader.Read("pushed/0", EventWriter.Write(JournalSamples.Pushed(new Random(1)))));

    [Fact]
    public void An_unknown_format_is_refused()
    {
        var bytes = EventWriter.Write(JournalSamples.Pushed(new Random(1)));
        bytes[0] = EventWriter.SettlingFormat + 1;
        Assert.Throws<InvalidDataException>(() => new PushedView(bytes));
        Assert.Throws<InvalidDataException>(() => JournalSamples.Reader.Read("pushed/1", Sealed(bytes[..^4])));

        var registered = EventWriter.Write(JournalSamples.Registered(new Random(1)));
        registered[0]++;
        Assert.Throws<InvalidDataException>(() => JournalSamples.Reader.Read("registered/1", Sealed(registered[..^4])));
        Assert.Throws<InvalidDataException>(() => JournalSamples.Reader.Read("reregistered/1", Sealed(registered[..^4])));
    }

    /// <summary>A flag that a later version may bring would change what the event means: this one must not guess.</summary>
    [Fact]
    public void An_unknown_flag_is_refused()
    {
        const int FlagsAt = 1 + 16 + 16;
        var bytes = EventWriter.Write(JournalSamples.Pushed(new Random(1)));
        Assert.InRange(bytes[FlagsAt], 0, EventWriter.RefusedFlag);
        bytes[FlagsAt] = 2;
        Assert.Throws<InvalidDataException>(() => new PushedView(bytes));
        Assert.Throws<InvalidDataException>(() => JournalSamples.Reader.Read("pushed/1", Sealed(bytes[..^4])));
    }

    [Fact]
    public void Data_that_does_not_decompress_to_its_length_is_refused()
    {
        var change = JournalSamples.Change(new Random(1)) with
        {
            Operation = Operation.Insert,
            Data = JournalSamples.Compress([1, 2, 3]),
            Compressed = true,
            DataBytes = 4,
        };
        Assert.Throws<InvalidDataException>(() => JournalSamples.Reader.Read("pushed/1", Accepted(change)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("a\0")]
    public void A_table_that_breaks_its_alphabet_is_refused_by_replay(string table) => Assert.Throws<InvalidDataException>(
        () => JournalSamples.Reader.Read("pushed/1", Accepted(Tiny.Change(1, Operation.Insert, 1, 1) with { Table = table })));

    [Fact]
    public void A_record_of_a_table_where_no_name_stands_is_refused_by_replay()
    {
        var bytes = Accepted(Tiny.Change(1, Operation.Insert, 1, 1) with { Table = "tasks" });
        var tableAt = new PushedView(bytes).RecordsAt + 1;
        Assert.Equal(0, bytes[tableAt]);
        JournalSamples.Reader.Read("pushed/1", bytes);
        for (byte offset = 1; offset <= "tasks".Length + 1; offset++)
        {
            bytes[tableAt] = offset;
            Assert.Throws<InvalidDataException>(() => JournalSamples.Reader.Read("pushed/1", Sealed(bytes[..^4])));
        }
    }

    /// <summary>The bytes of an event that accepts this one change.</summary>
    private static byte[] Accepted(PushedChange change) => EventWriter.Write(new Pushed(
        Guid.Empty, default, Tiny.Client("a"), Tiny.Node("a"), 0, false, 1,
        new[] { new Judgement(Verdict.Accepted, 1, 1, 0, false, ConflictType.None, VectorClock.Empty) }, new[] { change }, 1, 0));

    /// <summary>Puts a right CRC behind a body.</summary>
    internal static byte[] Sealed(byte[] body)
    {
        var whole = new byte[body.Length + 4];
        body.CopyTo(whole, 0);
        BinaryPrimitives.WriteUInt32LittleEndian(whole.AsSpan(body.Length), Crc32.HashToUInt32(body));
        return whole;
    }

    private static (string Manifest, byte[] Bytes) Stored(Random random)
    {
        TenantEvent e = random.Next(3) == 0 ? JournalSamples.Registered(random) : JournalSamples.Pushed(random);
        return (EventWriter.ManifestOf(e), EventWriter.Write(e));
    }

    /// <summary>A few of: a byte changed, a byte gone or new, a varint blown up, the end cut.</summary>
    internal static byte[] Mutate(Random random, byte[] bytes)
    {
        var mutated = bytes.ToList();
        for (var n = random.Next(1, 4); n > 0 && mutated.Count > 0; n--)
        {
            var at = random.Next(mutated.Count);
            switch (random.Next(6))
            {
                case 0: mutated[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: mutated[at] = (byte)random.Next(256); break;
                case 2: mutated.RemoveAt(at); break;
                case 3: mutated.Insert(at, (byte)random.Next(256)); break;
                case 4: mutated.InsertRange(at, Enumerable.Repeat((byte)0xff, random.Next(1, 11))); break;
                default: mutated.RemoveRange(at, mutated.Count - at); break;
            }
        }

        return [.. mutated];
    }

    private static void OnlyInvalidData(int length, Action read)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            read();
        }
        catch (InvalidDataException)
        {
            // As it must be.
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, AllocatedBesideMax + ((long)AllocatedPerByteMax * length));
    }
}
