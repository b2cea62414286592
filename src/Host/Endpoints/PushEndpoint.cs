using HeliosSync.Actors;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary><c>POST /push</c> (protocol 4.3).</summary>
internal sealed class PushEndpoint(SyncService service, RequestBodies bodies, Answers answers, HeldClaims claims)
{
    /// <summary>
    /// From the hand-over to the actors on, nothing of it depends on the client's patience: a push that was begun is finished, and
    /// its repeat finds the outcome.
    /// </summary>
    public async ValueTask<Refusal?> HandleAsync(Exchange exchange)
    {
        var (batch, unread) = await bodies.ReadAsync(exchange, service.Pushes);
        if (batch is null)
        {
            return unread;
        }

        var refusal = Callers.Mismatch(exchange, batch.Push.Client) ?? await claims.SettleAsync(exchange);
        if (refusal is not null)
        {
            batch.Dispose();
            return refusal;
        }

        var (refused, reply) = await service.Server.PushAsync(exchange.Caller!.Tenant, batch);
        if (reply is null)
        {
            return refused;
        }

        await AnswerAsync(exchange, reply);
        return null;
    }

    /// <summary>The acknowledgement; or, where an atomic push met a conflict, the error body with the reports.</summary>
    private async ValueTask AnswerAsync(Exchange exchange, PushReply reply)
    {
        var refused = new PushedView(reply.Event).Refused;
        exchange.Code = refused ? ErrorCode.Conflict : null;
        await using var body = answers.Open(exchange, refused ? ErrorCatalogue.Of(ErrorCode.Conflict).Status : StatusCodes.Status200OK);
        if (refused)
        {
            service.Acks.WriteRefused(body, reply.Event, reply.ServerChanges, reply.ServerNode, exchange.RequestId);
        }
        else
        {
            service.Acks.Write(
                body, reply.Event, reply.ServerChanges, reply.ServerLsn, reply.HeadLsn, reply.ServerNode, reply.Node, reply.JudgedCounter);
        }

        await body.CompleteAsync(exchange.Http.RequestAborted);
    }
}
