using System.IO.Pipelines;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Property.Codec;

/// <summary>How a body is taken from its pipe: in bounded work, without strings for bytes, and no further than a refusal.</summary>
public sealed class InboundBodyTests : IDisposable
{
    private readonly ZstdFrames _zstd = new();

    /// <summary>Bytes looked at, also those looked at again, stay under three times the body's, however small the pieces.</summary>
    [Theory]
    [InlineData(1, 1, 60_000)]
    [InlineData(1, 7, 60_000)]
    [InlineData(500, 1, 40)]
    [InlineData(500, 13, 40)]
    [InlineData(1_000, 1, 0)]
    public async Task A_body_in_tiny_pieces_costs_linear_work(int changes, int pieceBytes, int dataBytes)
    {
        var change = InboundPush.QuickStart.Changes[0] with { Data = new byte[dataBytes] };
        var push = InboundPush.QuickStart with { Changes = [.. Enumerable.Range(1, changes).Select(i => change with { Lsn = i })] };
        var body = InboundText.Plain(push);
        using var parser = new PushParser(InboundRead.Hash, _zstd);
        Assert.Null(await BodyReader.ReadAsync(new InboundPieces(body.Chunk(pieceBytes)), parser, CancellationToken.None));
        using var batch = parser.Take();
        Assert.InRange(parser.BytesScanned, body.Length, 3L * body.Length);
    }

    [Fact]
    public async Task An_unknown_field_that_never_ends_costs_linear_work_too()
    {
        var body = System.Text.Encoding.UTF8.GetBytes("{\"x\":[" + string.Concat(Enumerable.Repeat("\"abc\",", 20_000)));
        using var parser = new PushParser(InboundRead.Hash, _zstd);
        var refusal = await BodyReader.ReadAsync(new InboundPieces(body.Chunk(3)), parser, CancellationToken.None);
        Assert.Equal(ErrorCode.InvalidJson, refusal!.Code);
        Assert.InRange(parser.BytesScanned, body.Length, 3L * body.Length);
    }

    /// <summary>A gate on what is allocated, not on time: 200 changes with 2 MB of data leave no trace of the data's size.</summary>
    [Fact]
    public async Task Keys_and_data_are_never_made_strings_or_arrays_of_their_own()
    {
        var change = InboundPush.QuickStart.Changes[0] with { Data = new byte[10_000] };
        var push = InboundPush.QuickStart with { Changes = [.. Enumerable.Range(1, 200).Select(i => change with { Lsn = i })] };
        var body = InboundText.Plain(push);
        Assert.InRange(await LeastAllocatedAsync(body, isWhole: true), 0, 64 * 1_024);
    }

    /// <summary>A gate on what is allocated: a buffer that did not come back would be made anew for each body.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nothing_stays_rented_behind_a_batch_nor_behind_a_refusal(bool isWhole)
    {
        var change = InboundPush.QuickStart.Changes[0] with { Data = new byte[60_000] };
        static InboundFields Of(InboundChange change, byte[] data) => InboundFields.Change
            .With("lsn", $"{data.Length}").With("data", $"\"{Convert.ToBase64String(data)}\"").With("checksum", $"{change.Checksum}");
        var changes = $"[{Of(change, change.Frame).With("compressed", "true")},{Of(change, change.Data)}]";
        var body = InboundFields.Push.With("changes", changes).Bytes;
        body = isWhole ? body : body[..^1];
        Assert.InRange(await LeastAllocatedAsync(body, isWhole), 0, 64 * 1_024);
    }

    [Fact]
    public async Task Reading_stops_at_a_refusal_and_leaves_the_rest_of_the_body_alone()
    {
        static IEnumerable<byte[]> Pieces()
        {
            yield return "{\"type\":\"other\","u8.ToArray();
            throw new IOException("read on after the refusal");
        }

        var pipe = PipeReader.Create(new LazyStream(Pieces()));
        var parsed = await new PushReader(InboundRead.Hash, _zstd).ReadAsync(pipe, CancellationToken.None);
        Assert.Equal("type", parsed.Refusal!.Details);
    }

    [Fact]
    public async Task What_was_taken_is_not_waited_for_again()
    {
        static IEnumerable<byte[]> Pieces()
        {
            yield return System.Text.Encoding.UTF8.GetBytes($"{{\"x\":\"{new string('x', 1_000)}\",");
            yield return "\"type\":\"other\","u8.ToArray();
            throw new IOException("read on after the refusal");
        }

        var pipe = PipeReader.Create(new LazyStream(Pieces()));
        var parsed = await new PushReader(InboundRead.Hash, _zstd).ReadAsync(pipe, CancellationToken.None);
        Assert.Equal("type", parsed.Refusal!.Details);
    }

    [Fact]
    public async Task An_exception_of_the_pipe_passes_through()
    {
        static IEnumerable<byte[]> Pieces()
        {
            yield return "{\"type\":"u8.ToArray();
            throw new InvalidDataException("no gzip");
        }

        var pipe = PipeReader.Create(new LazyStream(Pieces()));
        await Assert.ThrowsAsync<InvalidDataException>(
            async () => await new PushReader(InboundRead.Hash, _zstd).ReadAsync(pipe, CancellationToken.None));
    }

    [Fact]
    public async Task A_cancelled_read_throws()
    {
        var pipe = new Pipe();
        using var source = new CancellationTokenSource();
        var reading = new PushReader(InboundRead.Hash, _zstd).ReadAsync(pipe.Reader, source.Token).AsTask();
        await pipe.Writer.WriteAsync("{"u8.ToArray(), CancellationToken.None);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);

        reading = new PushReader(InboundRead.Hash, _zstd).ReadAsync(pipe.Reader, CancellationToken.None).AsTask();
        pipe.Reader.CancelPendingRead();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
    }

    /// <summary>A pipe holds a writer back at 64 KiB; a change above that must still come through.</summary>
    [Fact]
    public async Task A_change_larger_than_the_pipe_does_not_wait_for_ever()
    {
        var change = InboundPush.QuickStart.Changes[0] with { Data = new byte[200_000] };
        var push = InboundPush.QuickStart with { Changes = [change, change with { Lsn = 2 }] };
        var pipe = new Pipe();
        var reading = new PushReader(InboundRead.Hash, _zstd).ReadAsync(pipe.Reader, CancellationToken.None).AsTask();
        foreach (var piece in InboundText.Plain(push).Chunk(30_000))
        {
            await pipe.Writer.WriteAsync(piece, CancellationToken.None).AsTask().WaitAsync(TimeSpan.FromMinutes(1));
        }

        await pipe.Writer.CompleteAsync();
        using var batch = (await reading).Value!;
        push.AssertIs(batch.Push, InboundRead.Hash);
    }

    /// <summary>Bytes allocated by reading a body, the least of five times: what is rented the first time is there the next.</summary>
    private async Task<long> LeastAllocatedAsync(byte[] body, bool isWhole)
    {
        var reader = new PushReader(InboundRead.Hash, _zstd);
        var allocated = long.MaxValue;
        for (var i = 0; i < 5; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var reading = reader.ReadAsync(new InboundPieces(body), CancellationToken.None).AsTask();
            Assert.True(reading.IsCompleted, "allocations are counted on this thread only");
            using var batch = (await reading).Value;
            Assert.Equal(isWhole, batch is not null);
            allocated = Math.Min(allocated, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return allocated;
    }

    public void Dispose() => _zstd.Dispose();

    /// <summary>A stream of pieces that are made when they are asked for.</summary>
    private sealed class LazyStream(IEnumerable<byte[]> pieces) : Stream
    {
        private readonly IEnumerator<byte[]> _pieces = pieces.GetEnumerator();

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            if (!_pieces.MoveNext())
            {
                return 0;
            }

            _pieces.Current.CopyTo(buffer, offset);
            return _pieces.Current.Length;
        }

        public override void Flush()
        {
        }

        protected override void Dispose(bool disposing)
        {
            _pieces.Dispose();
            base.Dispose(disposing);
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
