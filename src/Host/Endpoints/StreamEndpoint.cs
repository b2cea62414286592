using System.Buffers;
using System.Security.Cryptography;
using HeliosSync.Actors.Streams;
using HeliosSync.Codec;
using HeliosSync.Domain;
using Microsoft.AspNetCore.Http.Features;

namespace HeliosSync.Host;

/// <summary>The places of live streams, apart from those of requests in hand: a stream has one for its life.</summary>
/// <param name="Places">The places.</param>
internal sealed record LiveStreams(RequestSlots Places);

/// <summary>
/// <c>GET /stream</c> (protocol 4.5). An idle stream costs its connection and a few small objects; one that sends, one event, which it
/// shares with the other streams that send the same.
/// </summary>
internal sealed class StreamEndpoint(
    SyncService service,
    HeldClaims claims,
    LiveStreams streams,
    EventShares shares,
    TokenKeeper tokens,
    RequestMetrics metrics,
    TimeProvider time)
{
    /// <summary>
    /// Bytes that are handed to the connection at once: what of an event is in the connection's buffer is at most that much more than
    /// the buffer holds.
    /// </summary>
    private const int PieceBytes = 16 * 1_024;

    private const int RetryMillisMin = 500;
    private const int RetryMillisMax = 5_000;

    private static readonly Refusal TooMany = new(ErrorCode.Overloaded, "The server has too many live streams: come again, or pull.");

    private static readonly Refusal TooManyOfTenant = new(
        ErrorCode.RateLimited, "The tenant has too many live streams: come again, or pull.");

    private static readonly Refusal NoRoom = new(
        ErrorCode.Overloaded, "The server has too many events on their way: open the stream again from the last id.");

    private static readonly Refusal Expired = new(
        ErrorCode.Unauthorized, "The token has expired: open the stream again from the last id, with a new one.");

    private static readonly Refusal Revoked = new(
        ErrorCode.Unauthorized, "The token was revoked: open the stream again from the last id, with a new one.");

    public async ValueTask<Refusal?> HandleAsync(Exchange exchange)
    {
        var (tenant, client) = (exchange.Caller!.Tenant, exchange.Caller.Client);
        var (pull, unread) = StreamQuery.Read(exchange.Http.Request, client);
        if (pull is null)
        {
            return unread;
        }

        if (await claims.SettleAsync(exchange) is { } refusal)
        {
            return refusal;
        }

        using var place = streams.Places.TryTake();
        if (place is null)
        {
            return TooMany;
        }

        return place.TryJoin(tenant) ? await OpenAsync(exchange, tenant, pull) : TooManyOfTenant;
    }

    private async ValueTask<Refusal?> OpenAsync(Exchange exchange, TenantId tenant, Pull pull)
    {
        if (service.IsStopping)
        {
            return new Refusal(ErrorCode.Overloaded, "The server is stopping.");
        }

        var http = exchange.Http;
        var terms = new FeedTerms(BearerSetup.LastMoment(exchange.Token!.Until), Expired, http.Abort);
        var (refused, feed) = await service.Server.OpenStreamAsync(tenant, pull, terms);
        if (feed is null)
        {
            return refused;
        }

        using (feed)
        {
            // From here on it is no longer a request in hand.
            exchange.Leave();
            using var watching = tokens.Watch(exchange.Caller!, () => feed.End(Revoked));
            await using var gone = http.RequestAborted.UnsafeRegister(static feed => ((Feed)feed!).Leave(), feed);
            var began = time.GetTimestamp();
            await SendAsync(exchange, feed);
            exchange.Waited = time.GetElapsedTime(began);
        }

        return null;
    }

    private async Task SendAsync(Exchange exchange, Feed feed)
    {
        var response = exchange.Http.Response;
        response.ContentType = "text/event-stream";
        // A proxy would otherwise collect events until it has a buffer full.
        response.Headers["X-Accel-Buffering"] = "no";
        exchange.Http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        await response.StartAsync(exchange.Http.RequestAborted);
        await response.BodyWriter.FlushAsync(exchange.Http.RequestAborted);
        while (true)
        {
            var item = await feed.NextAsync();
            switch (item.Step)
            {
                case FeedStep.Event when shares.TryHold(exchange.Caller!.Tenant, item.Event) is { } hold:
                    using (hold)
                    {
                        await WriteAsync(exchange, item.Event);
                        metrics.Pulled(item.Changes, "stream");
                    }

                    break;
                case FeedStep.Event:
                    // It comes again, and is sent the same event.
                    await WriteAsync(exchange, LastEvent(exchange, NoRoom));
                    return;
                case FeedStep.KeepAlive:
                    await WriteAsync(exchange, StreamEventWriter.KeepAlive);
                    break;
                case FeedStep.End:
                    await WriteAsync(exchange, LastEvent(exchange, item.Why!));
                    return;
                default:
                    return;
            }
        }
    }

    private static async ValueTask WriteAsync(Exchange exchange, ReadOnlyMemory<byte> bytes)
    {
        var to = exchange.Http.Response.BodyWriter;
        while (!bytes.IsEmpty)
        {
            var piece = bytes[..Math.Min(bytes.Length, PieceBytes)];
            await to.WriteAsync(piece, exchange.Http.RequestAborted);
            bytes = bytes[piece.Length..];
        }
    }

    private ReadOnlyMemory<byte> LastEvent(Exchange exchange, Refusal why)
    {
        metrics.StreamEnded(why.Code);
        var to = new ArrayBufferWriter<byte>(512);
        // Those who were sent away together are not to come back together.
        var retry = RandomNumberGenerator.GetInt32(RetryMillisMin, RetryMillisMax);
        StreamEventWriter.WriteEnd(to, retry, ErrorCatalogue.Of(why.Code).Name, why.Message, why.Details, exchange.RequestId);
        return to.WrittenMemory;
    }
}
