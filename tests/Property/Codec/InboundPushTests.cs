using FsCheck.Xunit;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Property.Codec;

/// <summary>What a push's body means is what is read from it, however it is written and however it arrives.</summary>
public sealed class InboundPushTests : IDisposable
{
    private static readonly KeyedHash Hash = new(new byte[KeyedHash.KeyBytes]);

    private readonly ZstdFrames _zstd = new();

    [Fact]
    public async Task The_quick_starts_push_is_read()
    {
        using var batch = await Accepted(new InboundPieces("""
            {
            "type": "push_changes",
            "message_id": "660e8400-e29b-41d4-a716-446655440001",
            "client_id": "my-client-123",
            "changes": [{
            "lsn": 1,
            "table": "tasks",
            "operation": "Insert",
            "key": [1, 2, 3],
            "data": [10, 20, 30],
            "vector_clock": {},
            "timestamp": "2025-11-24T10:30:00Z",
            "checksum": 3420316008,
            "compressed": false
            }],
            "vector_clock": {}
            }
            """));
        InboundPush.QuickStart.AssertIs(batch.Push, Hash);
    }

    [Property]
    public async Task A_push_is_read_back_exactly_however_it_is_written(int seed, int style)
    {
        var push = InboundPush.Of(seed);
        using var batch = await Accepted(new InboundPieces(new InboundText(style).Write(push)));
        push.AssertIs(batch.Push, Hash);
    }

    [Property]
    public async Task A_push_cut_anywhere_is_the_same_push(int seed, int style, int[] cuts)
    {
        var push = InboundPush.Of(seed);
        var body = new InboundText(style).Write(push);
        using var batch = await Accepted(new InboundPieces(InboundPieces.Cut(body, cuts)));
        push.AssertIs(batch.Push, Hash);
    }

    [Property(MaxTest = 30)]
    public async Task A_push_in_single_bytes_is_the_same_push(int seed, int style)
    {
        var push = InboundPush.Of(seed);
        var body = new InboundText(style).Write(push);
        using var batch = await Accepted(new InboundPieces(body.Select(static b => new[] { b })));
        push.AssertIs(batch.Push, Hash);
    }

    [Property]
    public async Task The_digest_does_not_depend_on_how_a_push_is_written(int seed, int one, int other)
    {
        var push = InboundPush.Of(seed);
        using var first = await Accepted(new InboundPieces(new InboundText(one) { CompressedPercent = 0 }.Write(push)));
        using var second = await Accepted(new InboundPieces(new InboundText(other) { CompressedPercent = 100 }.Write(push)));
        Assert.Equal(first.Push.Digest, second.Push.Digest);
    }

    /// <summary>Each way to differ that the digest must see, and those that it must not (protocol 4.3).</summary>
    [Property(MaxTest = 30)]
    public async Task The_digest_depends_on_every_part_of_the_changes_and_on_nothing_else(int seed)
    {
        var push = InboundPush.Of(seed);
        var change = push.Changes[0] with { Operation = Operation.Insert, Data = [1, 2], Key = [1, 2] };
        InboundPush With(InboundChange c) => push with { Changes = [c, .. push.Changes[1..]] };
        var digest = await Digest(With(change));
        Assert.Equal(digest, await Digest(With(change) with { Message = Guid.Empty, Client = "other", Clock = new() { ["z"] = 1 } }));

        InboundPush[] others =
        [
            With(change) with { Atomic = !push.Atomic },
            With(change with { Lsn = 1_000_000 }),
            With(change with { Table = "another" }),
            With(change with { Operation = Operation.Update }),
            With(change with { Key = [1, 3] }),
            With(change with { Data = [1, 3] }),
            With(change with { Key = [1, 2, 1], Data = [2] }),
            With(change with { Clock = new(change.Clock) { ["z"] = 1 } }),
            With(change with { BaseLsn = change.BaseLsn + 1 }),
            With(change with { Micros = change.Micros > 0 ? change.Micros - 1 : change.Micros + 1 }),
            push with { Changes = [change, .. push.Changes[1..], change with { Lsn = 1_000_000 }] },
        ];
        foreach (var other in others)
        {
            Assert.NotEqual(digest, await Digest(other));
        }
    }

    [Property]
    public async Task One_flipped_bit_in_key_or_data_is_caught_by_the_checksum(int seed, int place)
    {
        var push = InboundPush.Of(seed);
        var change = push.Changes[^1];
        byte[] payload = [.. change.Key, .. change.Data];
        var bit = Math.Abs(place % (payload.Length * 8));
        payload[bit / 8] ^= (byte)(1 << (bit % 8));
        var flipped = change with { Key = payload[..change.Key.Length], Data = payload[change.Key.Length..] };
        var text = System.Text.Encoding.UTF8.GetString(InboundText.Plain(push with { Changes = [.. push.Changes[..^1], flipped] }));

        var refusal = await Refused(new InboundPieces(text.Replace(
            $"\"checksum\":{flipped.Checksum}", $"\"checksum\":{change.Checksum}", StringComparison.Ordinal)));
        Assert.Equal(ErrorCode.ChecksumMismatch, refusal.Code);
        Assert.Equal(
            $"changes[{push.Changes.Length - 1}]: lsn {change.Lsn}, expected {flipped.Checksum}, received {change.Checksum}",
            refusal.Details);
    }

    [Fact]
    public async Task The_greatest_keys_and_data_are_read_in_every_form()
    {
        var noise = new byte[Limits.DataBytesMax];
        new Random(3).NextBytes(noise);
        var change = InboundPush.QuickStart.Changes[0] with { Key = noise[..Limits.KeyBytesMax], Data = noise };
        var push = InboundPush.QuickStart with { Changes = [change] };
        for (var style = 0; style < 12; style++)
        {
            using var batch = await Accepted(new InboundPieces(new InboundText(style).Write(push)));
            push.AssertIs(batch.Push, Hash);
        }
    }

    [Fact]
    public async Task A_thousand_changes_are_read()
    {
        var changes = Enumerable.Range(1, Limits.BatchChangesMax).Select(static i => InboundPush.QuickStart.Changes[0] with { Lsn = i });
        var push = InboundPush.QuickStart with { Changes = [.. changes] };
        using var batch = await Accepted(new InboundPieces(InboundText.Plain(push)));
        push.AssertIs(batch.Push, Hash);
        Assert.All(batch.Push.Changes.ToArray(), c => Assert.Same(batch.Push.Changes.Span[0].Table, c.Table));
    }

    [Fact]
    public async Task A_batch_cannot_be_read_once_it_is_disposed_and_gives_its_buffers_back_once()
    {
        var batch = await Accepted(new InboundPieces(InboundText.Plain(InboundPush.QuickStart)));
        batch.Dispose();
        Assert.Throws<ObjectDisposedException>(() => batch.Push);

        using var buffers = new Counted();
        using var other = new PushBatch(null!, buffers);
        other.Dispose();
        other.Dispose();
        Assert.Equal(1, buffers.Disposed);
    }

    [Fact]
    public async Task Batches_alive_at_the_same_time_share_no_bytes()
    {
        var pushes = Enumerable.Range(0, 40).Select(InboundPush.Of).ToArray();
        var batches = new List<PushBatch>();
        for (var i = 0; i < pushes.Length; i++)
        {
            batches.Add(await Accepted(new InboundPieces(new InboundText(i).Write(pushes[i]))));
            if (i % 3 == 2)
            {
                batches[i - 1].Dispose();
            }
        }

        for (var i = 0; i < pushes.Length; i++)
        {
            if (i % 3 != 1)
            {
                pushes[i].AssertIs(batches[i].Push, Hash);
                batches[i].Dispose();
            }
        }
    }

    public void Dispose() => _zstd.Dispose();

    private async Task<Hash128> Digest(InboundPush push)
    {
        using var batch = await Accepted(new InboundPieces(InboundText.Plain(push)));
        return batch.Push.Digest;
    }

    private async Task<PushBatch> Accepted(InboundPieces body)
    {
        var parsed = await new PushReader(Hash, _zstd).ReadAsync(body, CancellationToken.None);
        Assert.Null(parsed.Refusal);
        Assert.False(body.IsReading);
        return parsed.Value!;
    }

    private async Task<Refusal> Refused(InboundPieces body)
    {
        var parsed = await new PushReader(Hash, _zstd).ReadAsync(body, CancellationToken.None);
        Assert.Null(parsed.Value);
        Assert.False(body.IsReading);
        return parsed.Refusal!;
    }

    private sealed class Counted : IDisposable
    {
        public int Disposed { get; private set; }

        public void Dispose() => Disposed++;
    }
}
