using System.IO.Pipelines;

namespace HeliosSync.Host;

/// <summary>
/// What a connection sends, passed on as it is, until something is to be sent <see cref="Instead"/>: from then on it is withheld.
/// </summary>
internal sealed class WithheldOutput(PipeWriter output) : PipeWriter
{
    private byte[] _withheld = [];

    /// <summary>What takes the place of everything that would follow; null while nothing does.</summary>
    public ReadOnlyMemory<byte>? Instead { get; set; }

    /// <inheritdoc/>
    public override bool CanGetUnflushedBytes => output.CanGetUnflushedBytes;

    /// <inheritdoc/>
    public override long UnflushedBytes => output.UnflushedBytes;

    /// <inheritdoc/>
    public override Memory<byte> GetMemory(int sizeHint = 0) => Instead is null ? output.GetMemory(sizeHint) : Withheld(sizeHint);

    /// <inheritdoc/>
    public override Span<byte> GetSpan(int sizeHint = 0) => Instead is null ? output.GetSpan(sizeHint) : Withheld(sizeHint);

    /// <inheritdoc/>
    public override void Advance(int bytes)
    {
        if (Instead is null)
        {
            output.Advance(bytes);
        }
    }

    /// <inheritdoc/>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
        output.FlushAsync(cancellationToken);

    /// <inheritdoc/>
    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default) =>
        Instead is null ? output.WriteAsync(source, cancellationToken) : output.FlushAsync(cancellationToken);

    /// <inheritdoc/>
    public override void CancelPendingFlush() => output.CancelPendingFlush();

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null) => output.Complete(exception);

    private byte[] Withheld(int bytes)
    {
        const int BytesMin = 4_096;
        if (_withheld.Length < Math.Max(bytes, BytesMin))
        {
            _withheld = new byte[Math.Max(bytes, BytesMin)];
        }

        return _withheld;
    }
}

/// <summary>The two directions of a connection.</summary>
internal sealed class DuplexPipe(PipeReader input, PipeWriter output) : IDuplexPipe
{
    /// <inheritdoc/>
    public PipeReader Input => input;

    /// <inheritdoc/>
    public PipeWriter Output => output;
}
