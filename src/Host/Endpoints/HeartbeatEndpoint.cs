using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary><c>POST /heartbeat</c> (protocol 4.4).</summary>
internal sealed class HeartbeatEndpoint(SyncService service, RequestBodies bodies, Answers answers, HeldClaims claims, TimeProvider time)
{
    private readonly HeartbeatReader _reader = new();

    public async ValueTask<Refusal?> HandleAsync(Exchange exchange)
    {
        var (heartbeat, unread) = await bodies.ReadAsync(exchange, _reader);
        if (heartbeat is null)
        {
            return unread;
        }

        if ((Callers.Mismatch(exchange, heartbeat.Client) ?? await claims.SettleAsync(exchange)) is { } refusal)
        {
            return refusal;
        }

        var (refused, reply) = await service.Server.HeartbeatAsync(exchange.Caller!.Tenant, heartbeat);
        if (reply is null)
        {
            return refused;
        }

        await using var body = answers.Open(exchange, StatusCodes.Status200OK);
        HeartbeatWriter.Write(body, time.GetUtcNow().ToUnixTimeMilliseconds(), reply.HeadLsn);
        return await answers.SendAsync(exchange, body);
    }
}
