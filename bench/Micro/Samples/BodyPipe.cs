using System.Buffers;
using System.IO.Pipelines;

namespace HeliosSync.Micro;

/// <summary>A pipe in which a whole body has arrived, to be read again and again. Allocates nothing.</summary>
internal sealed class BodyPipe(ReadOnlySequence<byte> body) : PipeReader
{
    private ReadOnlySequence<byte> _rest;

    /// <summary>Begins anew.</summary>
    public BodyPipe Rewound()
    {
        _rest = body;
        return this;
    }

    public override bool TryRead(out ReadResult result)
    {
        result = new ReadResult(_rest, isCanceled: false, isCompleted: true);
        return true;
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
        TryRead(out var result) ? new(result) : default;

    public override void AdvanceTo(SequencePosition consumed) => _rest = _rest.Slice(consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => AdvanceTo(consumed);

    public override void CancelPendingRead()
    {
    }

    public override void Complete(Exception? exception = null)
    {
    }

    protected override ValueTask<ReadResult> ReadAtLeastAsyncCore(int minimumSize, CancellationToken cancellationToken) =>
        ReadAsync(cancellationToken);
}
