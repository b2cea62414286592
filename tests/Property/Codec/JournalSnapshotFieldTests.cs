using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Property.Codec;

/// <summary>
/// What a snapshot says is checked thing by thing, behind CRCs that are right: the most that a tenant could have is read, and what is one
/// above it is refused.
/// </summary>
public sealed class JournalSnapshotFieldTests
{
    private static readonly TenantSnapshot Sample =
        SnapshotSamples.Make(new Random(1), rows: 3, clients: 2, windows: 2, marks: 2, times: 0);

    [Fact]
    public void A_snapshot_of_an_unknown_format_is_refused()
    {
        var (head, parts) = SnapshotBytes.Split(Write(Sample));
        foreach (var format in new byte[] { 0, SnapshotWriter.Format + 1 })
        {
            head[0] = format;
            Refused(SnapshotBytes.Join(SnapshotBytes.WithCrc(head[..^4]), parts));
        }
    }

    [Fact]
    public void Times_are_read_where_their_lsns_rise_up_to_the_head_and_are_refused_elsewhere()
    {
        for (var lsn = 4; lsn <= 6; lsn++)
        {
            ReadsOrIsRefused(lsn > 5, Sample with { Times = [new(5, 700), new(lsn, 7)] });
        }

        ReadsOrIsRefused(false, Sample with { Times = [new(0, 7)] });
        ReadsOrIsRefused(true, Sample with { Times = [new(Sample.Head, long.MinValue)] });
        ReadsOrIsRefused(false, Sample with { Times = [new(Sample.Head + 1, 7)] });
    }

    [Fact]
    public void Five_hundred_and_twelve_times_are_read_and_one_more_is_refused()
    {
        ReadsOrIsRefused(true, Sample with { Times = [.. Enumerable.Range(1, WriteTimes.MarksMax).Select(i => new WriteMark(i, -i))] });
        ReadsOrIsRefused(false, Sample with { Times = [.. Enumerable.Range(1, WriteTimes.MarksMax + 1).Select(i => new WriteMark(i, i))] });
    }

    [Fact]
    public void A_part_of_times_in_the_first_format_which_had_none_is_refused()
    {
        var bare = Sample with { Clients = [], Rows = [], Policies = null };
        var (head, parts) = SnapshotBytes.Split(Write(bare with { Times = [new(1, 7)] }));
        Assert.Equal(3, parts.Length);
        head[0] = SnapshotWriter.FirstFormat;
        var then = SnapshotBytes.WithCrc(head[..^7]);
        SnapshotSamples.Same(bare, Read(SnapshotBytes.Join(then, parts[..^1]))!);
        Refused(SnapshotBytes.Join(then, parts));
    }

    [Fact]
    public void Parts_in_any_order_but_the_written_one_are_refused()
    {
        var (head, parts) = SnapshotBytes.Split(Write(Sample with { Times = [new(1, 7)] }));
        Assert.Equal(5, parts.Length);
        for (var right = 1; right < parts.Length; right++)
        {
            for (var left = 0; left < right; left++)
            {
                byte[][] swapped = [.. parts];
                (swapped[left], swapped[right]) = (parts[right], parts[left]);
                Refused(SnapshotBytes.Join(head, swapped));
            }
        }
    }

    /// <summary>A part of nothing adds nothing, whatever it adds it to; so its frame alone can be at fault.</summary>
    [Fact]
    public void A_part_that_is_no_frame_or_holds_more_than_it_says_is_refused()
    {
        var (head, parts) = SnapshotBytes.Split(Write(Sample));
        SnapshotSamples.Same(Sample, Read(WithLast(JournalSamples.Compress([])))!);
        Refused(WithLast([1, 2, 3]));
        Refused(WithLast(JournalSamples.Compress([1, 2, 3])));

        byte[] WithLast(byte[] stored) => SnapshotBytes.Join(head, [.. parts, SnapshotBytes.Part((byte)SnapshotPart.Rows, 0, stored)]);
    }

    /// <summary>The last bytes would come from the part before it, which here are the same.</summary>
    [Fact]
    public void A_part_that_holds_less_than_it_says_is_refused()
    {
        var twice = Sample with { Rows = [.. Sample.Rows, .. Sample.Rows] };
        var (head, _) = SnapshotBytes.Split(Write(twice));
        var (_, parts) = SnapshotBytes.Split(Write(Sample));
        var rows = SnapshotBytes.Raw(parts[^1]);
        SnapshotSamples.Same(twice, Read(WithLast(rows))!);
        Refused(WithLast(rows[..^1]));

        byte[] WithLast(byte[] raw) => SnapshotBytes.Join(
            head, [.. parts, SnapshotBytes.Part((byte)SnapshotPart.Rows, rows.Length, JournalSamples.Compress(raw))]);
    }

    [Fact]
    public void A_part_of_4_MiB_is_read_and_a_larger_one_is_refused()
    {
        const int Some = SnapshotWriter.PartBytesMax - 1_000;
        var most = Some + SnapshotWriter.PartBytesMax - SnapshotBytes.RawLength(Clients(WithMetadata(Some)));
        Assert.Equal(SnapshotWriter.PartBytesMax, SnapshotBytes.RawLength(Clients(WithMetadata(most))));
        SnapshotSamples.Same(WithMetadata(most), Read(Write(WithMetadata(most)))!);
        Refused(Write(WithMetadata(most + 1)));

        static byte[] Clients(TenantSnapshot s) => SnapshotBytes.Split(Write(s)).Parts[1];
        static TenantSnapshot WithMetadata(int length) => WithClient(Sample.Clients[0] with { Metadata = [new("n", new('x', length))] });
    }

    [Fact]
    public void A_node_that_stands_twice_is_refused() => Refused(Write(Sample with { Nodes = [.. Sample.Nodes, Sample.Nodes[0]] }));

    [Fact]
    public void A_client_that_stands_twice_is_refused() =>
        Refused(Write(Sample with { Clients = [.. Sample.Clients, Sample.Clients[0]] }));

    [Fact]
    public void A_window_of_256_messages_is_read_and_a_longer_one_is_refused()
    {
        ReadsOrIsRefused(true, WithWindow(Limits.WindowMessagesMax));
        ReadsOrIsRefused(false, WithWindow(Limits.WindowMessagesMax + 1));

        static TenantSnapshot WithWindow(int count) =>
            WithClient(Sample.Clients[0] with { Window = [.. Enumerable.Repeat(Sample.Clients[0].Window[0], count)] });
    }

    [Fact]
    public void Marks_are_read_where_both_numbers_rise_and_are_refused_elsewhere()
    {
        for (var lsn = 4; lsn <= 6; lsn++)
        {
            for (var sequence = 6; sequence <= 8; sequence++)
            {
                ReadsOrIsRefused(lsn > 5 && sequence > 7, Sample with { Marks = [new(5, 7), new(lsn, sequence)] });
            }
        }
    }

    [Fact]
    public void A_rows_version_is_read_where_each_of_its_numbers_is_in_its_bounds_and_is_refused_elsewhere()
    {
        var edges =
            from lsn in new[] { -1, 0, 1, Sample.Head, Sample.Head + 1 }
            from counter in new[] { -1, 0, Limits.SafeIntegerMax, Limits.SafeIntegerMax + 1 }
            from local in new[] { -1, 0, Limits.SafeIntegerMax, Limits.SafeIntegerMax + 1 }
            from author in new[] { -1, 0, Sample.Nodes.Count - 1, Sample.Nodes.Count }
            select new RowVersion(new Hash128(1, 2), lsn, counter, local, 3, author, Operation.Update, true);
        foreach (var row in edges)
        {
            var isGood = row.Lsn > 0 && row.Lsn <= Sample.Head && InBounds(row.Counter) && InBounds(row.LocalLsn)
                && row.Author >= 0 && row.Author < Sample.Nodes.Count;
            ReadsOrIsRefused(isGood, WithRow(row));
        }

        static bool InBounds(long number) => number is >= 0 and <= Limits.SafeIntegerMax;
    }

    /// <summary>Two bits for the operation, and one that says whether the dot is valid.</summary>
    [Fact]
    public void A_rows_flags_are_one_of_three_operations_with_or_without_the_dots_bit_or_are_refused()
    {
        for (var flags = 0; flags <= byte.MaxValue; flags++)
        {
            var bytes = Write(WithRow(Row((Operation)flags, dotValid: false)));
            if (flags is (>= 1 and <= 3) or (>= 5 and <= 7))
            {
                SnapshotSamples.Same(WithRow(Row((Operation)(flags % 4), dotValid: flags > 4)), Read(bytes)!);
            }
            else
            {
                Refused(bytes);
            }
        }

        static RowVersion Row(Operation operation, bool dotValid) => new(new Hash128(1, 2), 3, 4, 5, 6, 0, operation, dotValid);
    }

    [Fact]
    public void A_part_of_rows_with_a_byte_too_many_is_refused()
    {
        var (head, parts) = SnapshotBytes.Split(Write(Sample));
        var longer = SnapshotBytes.Part((byte)SnapshotPart.Rows, [.. SnapshotBytes.Raw(parts[^1]), 0]);
        Refused(SnapshotBytes.Join(head, [.. parts[..^1], longer]));
    }

    private static TenantSnapshot WithClient(ClientSnapshot client) => Sample with { Clients = [client] };

    private static TenantSnapshot WithRow(RowVersion row) => Sample with { Rows = [new[] { row }] };

    private static byte[] Write(TenantSnapshot snapshot) => SnapshotWriter.Write(snapshot, JournalSamples.Hash);

    private static TenantSnapshot? Read(byte[] bytes) => SnapshotReader.Read(bytes, JournalSamples.Hash);

    private static void Refused(byte[] bytes) => Assert.Throws<InvalidDataException>(() => Read(bytes));

    private static void ReadsOrIsRefused(bool isGood, TenantSnapshot snapshot)
    {
        if (isGood)
        {
            SnapshotSamples.Same(snapshot, Read(Write(snapshot))!);
        }
        else
        {
            Refused(Write(snapshot));
        }
    }
}
