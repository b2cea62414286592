using System.Buffers;
using System.IO.Pipelines;
using System.Text;

namespace HeliosSync.Property.Codec;

/// <summary>A pipe whose bytes come in given pieces: each read brings one more, each piece is a segment of its own.</summary>
internal sealed class InboundPieces(IEnumerable<byte[]> pieces) : PipeReader
{
    private readonly Queue<byte[]> _coming = new(pieces);
    private Segment _first = new([], null);
    private Segment? _last;
    private int _offset;
    private ReadOnlySequence<byte> _shown;

    /// <summary>A pipe that brings all bytes at once.</summary>
    public InboundPieces(byte[] whole)
        : this([whole])
    {
    }

    /// <summary>A pipe that brings all bytes of a text at once.</summary>
    public InboundPieces(string text)
        : this(Encoding.UTF8.GetBytes(text))
    {
    }

    /// <summary>Bytes that were shown and not consumed.</summary>
    public long Unread { get; private set; }

    /// <summary>Whether a read stands open.</summary>
    public bool IsReading { get; private set; }

    /// <summary>Cuts the bytes at these places, each taken modulo the length.</summary>
    public static IEnumerable<byte[]> Cut(byte[] bytes, IEnumerable<int> places)
    {
        var from = 0;
        foreach (var to in places.Select(p => Math.Abs(p % (bytes.Length + 1))).Order().Append(bytes.Length))
        {
            yield return bytes[from..to];
            from = to;
        }
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Assert.False(IsReading, "a second read before AdvanceTo");
        IsReading = true;
        _last ??= _first;
        if (_coming.TryDequeue(out var next) && next.Length > 0)
        {
            _last = new Segment(next, _last);
        }

        _shown = new ReadOnlySequence<byte>(_first, _offset, _last, _last.Memory.Length);
        return new ValueTask<ReadResult>(new ReadResult(_shown, isCanceled: false, isCompleted: _coming.Count == 0));
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        Assert.True(IsReading, "AdvanceTo without a read");
        IsReading = false;
        Assert.Equal(0, _shown.Slice(examined).Length);
        Unread = _shown.Slice(consumed).Length;
        _first = (Segment)consumed.GetObject()!;
        _offset = consumed.GetInteger();
    }

    public override bool TryRead(out ReadResult result) => throw new NotSupportedException();

    public override void CancelPendingRead() => throw new NotSupportedException();

    public override void Complete(Exception? exception = null)
    {
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(byte[] bytes, Segment? before)
        {
            Memory = bytes;
            if (before is not null)
            {
                before.Next = this;
                RunningIndex = before.RunningIndex + before.Memory.Length;
            }
        }
    }
}
