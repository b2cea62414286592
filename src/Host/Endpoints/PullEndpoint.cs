using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary><c>POST /pull</c> (protocol 4.2).</summary>
internal sealed class PullEndpoint(
    SyncService service, RequestBodies bodies, Answers answers, HeldClaims claims, PullWaits waits, RequestMetrics metrics)
{
    private readonly PullReader _reader = new();

    public async ValueTask<Refusal?> HandleAsync(Exchange exchange)
    {
        var (pull, unread) = await bodies.ReadAsync(exchange, _reader);
        if (pull is null)
        {
            return unread;
        }

        if ((Callers.Mismatch(exchange, pull.Client) ?? await claims.SettleAsync(exchange)) is { } refusal)
        {
            return refusal;
        }

        var (refused, reply) = await service.Server.PullAsync(exchange.Caller!.Tenant, pull);
        if (reply is not null && PullWaits.IsFor(pull, reply))
        {
            (refused, reply) = await waits.WaitAsync(exchange, pull, reply);
        }

        if (reply is null)
        {
            return refused;
        }

        await using var body = answers.Open(exchange, StatusCodes.Status200OK);
        service.Pages.Write(body, pull, reply.Page, reply.ServerNode, reply.HeadLsn, reply.ContinuationToken);
        var unsent = await answers.SendAsync(exchange, body);
        metrics.Pulled(unsent is null ? reply.Page.Changes.Count : 0, "pull");
        return unsent;
    }
}
