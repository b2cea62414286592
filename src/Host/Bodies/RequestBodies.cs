using System.IO.Pipelines;
using HeliosSync.Actors.Telemetry;
using HeliosSync.Codec;
using HeliosSync.Domain;
using Microsoft.AspNetCore.Connections;

namespace HeliosSync.Host;

/// <summary>
/// Judges what the headers say of a body, and hands the body to its reader: decompressed as it arrives, within the limit of
/// bytes (as sent and decompressed alike) and within the budget of bytes in flight.
/// </summary>
internal sealed class RequestBodies(Settings settings, ByteBudget budget, Turns turns, ZstdPools zstd, SyncService service)
{
    /// <summary>
    /// Bytes, as sent, up to which a body is collected before it is read. What is made of it, and the window of its decompressor (8 MiB
    /// for zstd, up to 16 for Brotli), is then only there from the request's turn on, however slowly the body came.
    /// </summary>
    private const long CollectedBytesMax = 256 * 1_024;

    /// <summary>Where Kestrel moves a <c>Content-Length</c> beside chunks: two words on one length, which smugglers use.</summary>
    private const string LengthBesideChunks = "X-Content-Length";

    private const long WindowBytes = Limits.ZstdWindowBytesMax;
    private const int BufferBytes = 16 * 1_024;

    /// <summary>
    /// Reads the message, and waits until it is the request's turn to go on. Whatever is wrong with the headers, the body or the message is
    /// a refusal; a client that went away is an exception. The share of the budget and the turn stay with the exchange, to its end.
    /// </summary>
    public async ValueTask<Parsed<T>> ReadAsync<T>(Exchange exchange, MessageReader<T> reader)
        where T : class
    {
        var http = exchange.Http;
        if (Judge(http.Request, out var coding) is { } refusal)
        {
            return new(null, refusal);
        }

        using var span = SyncTelemetry.Begin("read body");
        exchange.Share = budget.Open(exchange.Caller?.Tenant ?? default);
        try
        {
            return await ReadBodyAsync(exchange, coding, exchange.Share, reader);
        }
        catch (BodyRefusedException e)
        {
            return new(null, e.Refusal);
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status408RequestTimeout)
        {
            CloseAfter(http);
            return new(null, BodyRefusals.TooSlow);
        }
        catch (IOException e) when (e is not ConnectionResetException && !http.RequestAborted.IsCancellationRequested)
        {
            // Kestrel's word for HTTP that is broken within the body is a BadHttpRequestException, or bare for sizes beyond counting.
            CloseAfter(http);
            return new(null, BodyRefusals.Broken);
        }
    }

    /// <summary>Why a body with such headers is not read; null where it is.</summary>
    private Refusal? Judge(HttpRequest request, out ContentCoding coding)
    {
        coding = ContentCoding.Identity;
        if (request.Headers.TransferEncoding.Count > 0 && request.Headers.ContainsKey(LengthBesideChunks))
        {
            CloseAfter(request.HttpContext);
            return BodyRefusals.Broken;
        }

        if (!MediaTypes.IsJson(request.ContentType))
        {
            return BodyRefusals.WrongMediaType;
        }

        if (!ContentCodings.TryParse(request.Headers.ContentEncoding, out coding))
        {
            request.HttpContext.Response.Headers.AcceptEncoding = ContentCodings.Supported;
            return BodyRefusals.WrongCoding;
        }

        return request.ContentLength > settings.RequestBytesMax ? BodyRefusals.TooLarge(settings.RequestBytesMax) : null;
    }

    /// <summary>What comes behind such a body is no request. In HTTP/2 each has a stream of its own, and there is no such header.</summary>
    private static void CloseAfter(HttpContext http)
    {
        if (HttpProtocol.IsHttp11(http.Request.Protocol) || HttpProtocol.IsHttp10(http.Request.Protocol))
        {
            http.Response.Headers.Connection = "close";
        }
    }

    /// <summary>A short body is read in its request's turn, a long one as it comes: nobody waits for a client in his turn.</summary>
    private async ValueTask<Parsed<T>> ReadBodyAsync<T>(
        Exchange exchange, ContentCoding coding, ByteBudget.Share share, MessageReader<T> reader)
        where T : class
    {
        var http = exchange.Http;
        var length = http.Request.ContentLength;
        var window = coding == ContentCoding.Identity || length <= CollectedBytesMax
            ? 0
            : Math.Min(WindowBytes, settings.TenantBytesInFlightMax / 2);
        if (!share.TryCover((length ?? 0) + window))
        {
            return new(null, BodyRefusals.Overloaded);
        }

        if (length is > 0 and <= CollectedBytesMax)
        {
            var all = await http.Request.BodyReader.ReadAtLeastAsync((int)length.Value, http.RequestAborted);
            http.Request.BodyReader.AdvanceTo(all.Buffer.Start);
            exchange.Turn = await turns.TakeAsync();
            await service.Server.Work.GiveWayAsync();
        }

        var parsed = coding == ContentCoding.Identity && length is not null
            ? await reader.ReadAsync(http.Request.BodyReader, http.RequestAborted)
            : await ReadDecodedAsync(http, coding, window, share, reader);
        exchange.Turn ??= parsed.Value is null ? null : await turns.TakeAsync();
        return parsed;
    }

    private async ValueTask<Parsed<T>> ReadDecodedAsync<T>(
        HttpContext http, ContentCoding coding, long window, ByteBudget.Share share, MessageReader<T> reader)
        where T : class
    {
        var context = coding == ContentCoding.Zstd ? zstd.GetDecompressor() : null;
        try
        {
            await using var body = http.Request.BodyReader.AsStream(leaveOpen: true);
            await using var sent = new MeteredStream(body, ContentCoding.Identity, settings.RequestBytesMax, window, share);
            await using Stream decoded = coding switch
            {
                ContentCoding.Gzip => new GzipBody(sent),
                ContentCoding.Brotli => new BrotliBody(sent),
                ContentCoding.Zstd => new ZstdBody(sent, context!),
                _ => sent,
            };
            await using var metered = new MeteredStream(decoded, coding, settings.RequestBytesMax, window, share);
            var pipe = PipeReader.Create(metered, new StreamPipeReaderOptions(bufferSize: BufferBytes, leaveOpen: true));
            try
            {
                return await reader.ReadAsync(pipe, http.RequestAborted);
            }
            finally
            {
                await pipe.CompleteAsync();
            }
        }
        finally
        {
            if (context is not null)
            {
                zstd.Return(context);
            }
        }
    }
}
