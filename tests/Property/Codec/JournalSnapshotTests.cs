using FsCheck;
using FsCheck.Xunit;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Property.Codec;

/// <summary>A snapshot reads back whole, or not at all.</summary>
[Properties(MaxTest = 200)]
public sealed class JournalSnapshotTests
{
    [Property]
    public void A_snapshot_reads_back_as_it_was_written(DoNotSize<int> seed)
    {
        var snapshot = SnapshotSamples.Make(new Random(seed.Item));
        SnapshotSamples.Same(snapshot, Read(SnapshotWriter.Write(snapshot, JournalSamples.Hash))!);
    }

    /// <summary>More rows, nodes, clients and marks than one part holds.</summary>
    [Fact]
    public void A_snapshot_of_many_parts_reads_back_as_it_was_written()
    {
        var some = SnapshotSamples.Make(new Random(1), rows: 140_000, clients: 1_500, windows: 256, marks: 720_000, times: 0);
        var snapshot = some with { Nodes = [.. some.Nodes, .. Enumerable.Range(0, 32_000).Select(Node)] };
        var bytes = SnapshotWriter.Write(snapshot, JournalSamples.Hash);
        var kinds = SnapshotBytes.Split(bytes).Parts.GroupBy(static part => part[0]).ToArray();
        Assert.Equal(4, kinds.Length);
        Assert.All(kinds, static kind => Assert.True(kind.Sum(SnapshotBytes.RawLength) > SnapshotWriter.PartBytesMax));
        SnapshotSamples.Same(snapshot, Read(bytes)!);

        static NodeState Node(int i) => new(Tiny.Node($"{i:D128}"), i, i, i);
    }

    [Fact]
    public void A_snapshot_has_no_part_for_what_there_is_none_of()
    {
        var nothing = SnapshotSamples.Make(new Random(1), rows: 0, clients: 0, marks: 0, times: 0);
        Assert.Single(SnapshotBytes.Parts(SnapshotWriter.Write(nothing, JournalSamples.Hash)));
    }

    [Fact]
    public void A_chunk_that_fills_a_part_is_written_and_a_larger_one_is_refused()
    {
        var most = WithChunk(SnapshotWriter.PartRowsMax);
        SnapshotSamples.Same(most, Read(SnapshotWriter.Write(most, JournalSamples.Hash))!);
        Assert.Throws<ArgumentException>(() => SnapshotWriter.Write(WithChunk(SnapshotWriter.PartRowsMax + 1), JournalSamples.Hash));

        static TenantSnapshot WithChunk(int rows)
        {
            var some = SnapshotSamples.Make(new Random(1), rows: 1);
            return some with { Rows = [Enumerable.Repeat(some.Rows[0].Span[0], rows).ToArray()] };
        }
    }

    [Fact]
    public void A_snapshot_made_with_another_hash_key_is_none()
    {
        var bytes = SnapshotWriter.Write(SnapshotSamples.Make(new Random(1)), new KeyedHash("another hash key"u8));
        Assert.Null(Read(bytes));
    }

    [Property]
    public void One_flipped_bit_is_refused(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        var bytes = SnapshotWriter.Write(SnapshotSamples.Make(random), JournalSamples.Hash);
        bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
        Assert.Throws<InvalidDataException>(() => Read(bytes));
    }

    [Property]
    public void A_cut_snapshot_is_refused(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        var bytes = SnapshotWriter.Write(SnapshotSamples.Make(random), JournalSamples.Hash);
        Assert.Throws<InvalidDataException>(() => Read(bytes[..random.Next(bytes.Length)]));
    }

    [Property]
    public void Mutated_bytes_read_or_are_refused(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        var bytes = SnapshotWriter.Write(SnapshotSamples.Make(random), JournalSamples.Hash);
        ReadsOrIsRefused(JournalCorruptionTests.Mutate(random, bytes));
    }

    /// <summary>Below the CRCs and the compression, every field is checked for itself.</summary>
    [Property(MaxTest = 2_000)]
    public void A_part_with_mutated_contents_and_a_good_crc_reads_or_is_refused(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        var bytes = SnapshotWriter.Write(SnapshotSamples.Make(random), JournalSamples.Hash);
        var parts = SnapshotBytes.Parts(bytes).ToArray();
        var (start, length) = parts[random.Next(parts.Length)];
        var raw = JournalSamples.Decompress(bytes.AsSpan(start + 9, length - 13));
        var mutated = SnapshotBytes.Part(bytes[start], JournalCorruptionTests.Mutate(random, raw));
        ReadsOrIsRefused([.. bytes[..start], .. mutated, .. bytes[(start + length)..]]);
    }

    [Fact]
    public void A_missing_part_is_refused()
    {
        var bytes = OneOfEachPart();
        var parts = SnapshotBytes.Parts(bytes).ToArray();
        Assert.Equal(5, parts.Length);
        foreach (var (start, length) in parts)
        {
            Assert.Throws<InvalidDataException>(() => Read([.. bytes[..start], .. bytes[(start + length)..]]));
        }
    }

    [Fact]
    public void A_doubled_part_is_refused()
    {
        var bytes = OneOfEachPart();
        foreach (var (start, length) in SnapshotBytes.Parts(bytes))
        {
            Assert.Throws<InvalidDataException>(() => Read([.. bytes, .. bytes[start..(start + length)]]));
        }
    }

    private static byte[] OneOfEachPart() => SnapshotWriter.Write(
        SnapshotSamples.Make(new Random(1), rows: 3, clients: 2, windows: 2, marks: 2, times: 2), JournalSamples.Hash);

    private static TenantSnapshot? Read(byte[] bytes) => SnapshotReader.Read(bytes, JournalSamples.Hash);

    /// <summary>What was read must also make a tenant.</summary>
    private static void ReadsOrIsRefused(byte[] bytes)
    {
        try
        {
            if (Read(bytes) is { } read)
            {
                Assert.Equal(read.Clients.Count, new Tenant(read).ClientCount);
            }
        }
        catch (InvalidDataException)
        {
            // As it must be.
        }
    }
}
