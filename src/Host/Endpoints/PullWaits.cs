using HeliosSync.Actors;
using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary>The places of pulls that wait, apart from those of requests in hand: however many wait, a push finds room.</summary>
/// <param name="Places">The places.</param>
internal sealed record WaitingPulls(RequestSlots Places);

/// <summary>
/// Has pulls wait for changes (protocol 4.2, <c>wait_ms</c>). While it waits a pull holds its place among those who wait, its connection,
/// and nothing else: neither a place among the requests in hand nor a turn.
/// </summary>
internal sealed class PullWaits(SyncService service, WaitingPulls waiting, Turns turns, TokenKeeper tokens, TimeProvider time)
{
    private static readonly Refusal TooMany = new(
        ErrorCode.Overloaded, "The server has too many pulls that wait: send it again later, or without wait_ms.");

    private static readonly Refusal TooManyOfTenant = new(
        ErrorCode.RateLimited, "The tenant has too many pulls that wait: send it again later, or without wait_ms.");

    /// <summary>Whether a pull that would be answered so waits instead. A continuation only ends what was begun, and never does.</summary>
    public static bool IsFor(Pull pull, PullReply reply) =>
        pull.WaitMillis > 0 && pull.ContinuationToken is null && reply.Page is { HasMore: false, Changes.Count: 0 };

    /// <summary>The answer once there is something new, or the time is over: then an empty one, as it was before.</summary>
    public async ValueTask<Reply<PullReply>> WaitAsync(Exchange exchange, Pull pull, PullReply empty)
    {
        var tenant = exchange.Caller!.Tenant;
        exchange.Leave();
        if ((exchange.Slot = waiting.Places.TryTake()) is not { } place)
        {
            return new Reply<PullReply>(TooMany, null);
        }

        if (!place.TryJoin(tenant))
        {
            return new Reply<PullReply>(TooManyOfTenant, null);
        }

        using var enough = CancellationTokenSource.CreateLinkedTokenSource(service.WaitsEnd);
        using var watching = tokens.Watch(exchange.Caller, enough.Cancel);
        var began = time.GetTimestamp();
        var after = empty.Page.ServerLsn;
        while (true)
        {
            var left = TimeSpan.FromMilliseconds(pull.WaitMillis) - time.GetElapsedTime(began);
            var from = time.GetTimestamp();
            var (refusal, waited) = await service.Server.WaitAsync(
                tenant, pull, after, left > TimeSpan.Zero ? left : TimeSpan.Zero, exchange.Http.RequestAborted, enough.Token);
            exchange.Waited += time.GetElapsedTime(from);
            if (waited is null || tokens.IsRevoked(exchange.Caller))
            {
                return new Reply<PullReply>(refusal ?? Authenticator.Revoked(exchange.Http), null);
            }

            exchange.Turn = await turns.TakeAsync();
            var reply = await service.Server.ReadOnAsync(tenant, pull, waited.PassedLsn);
            if (!waited.Moved || reply.Value is null || !IsFor(pull, reply.Value))
            {
                return reply;
            }

            exchange.Turn.Dispose();
            after = reply.Value.Page.ServerLsn;
        }
    }
}
