using System.Buffers;
using System.Globalization;
using System.Text;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>Writes what a stream sends (protocol 4.5), as server-sent events. Safe to use from many threads.</summary>
public sealed class StreamEventWriter(PullWriter pages)
{
    /// <summary>The comment that says that the stream lives.</summary>
    public static ReadOnlyMemory<byte> KeepAlive { get; } = ":\n\n"u8.ToArray();

    /// <summary>
    /// A page as an event whose id is the LSN reached. It has no continuation token: the next event goes on by itself, and whoever reads
    /// on by pulls does so from <c>server_lsn</c>. So it holds nothing that only one reader may be told.
    /// </summary>
    public void Write(IBufferWriter<byte> to, Pull pull, PageBuilder page, Guid serverNode, long headLsn)
    {
        to.Write("id: "u8);
        to.Write(Encoding.ASCII.GetBytes(page.ServerLsn.ToString(CultureInfo.InvariantCulture)));
        to.Write("\ndata: "u8);
        pages.Write(to, pull, page, serverNode, headLsn, token: null);
        to.Write("\n\n"u8);
    }

    /// <summary>The last event: why the stream ends, in the words of protocol 3, and after how long to come back.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="retryMillis">Milliseconds to wait before the next stream is opened.</param>
    /// <param name="code">The code, as in <c>UNAUTHORIZED</c>.</param>
    /// <param name="message">One sentence for a person.</param>
    /// <param name="details">What exactly; may be null.</param>
    /// <param name="requestId">The request's id, as <c>X-Request-ID</c> has it.</param>
    public static void WriteEnd(
        IBufferWriter<byte> to, int retryMillis, string code, string message, string? details, string requestId)
    {
        to.Write("retry: "u8);
        to.Write(Encoding.ASCII.GetBytes(retryMillis.ToString(CultureInfo.InvariantCulture)));
        to.Write("\nevent: end\ndata: "u8);
        ErrorWriter.Write(to, code, message, details, requestId);
        to.Write("\n\n"u8);
    }
}
