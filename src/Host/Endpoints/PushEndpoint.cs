using HeliosSync.Actors;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary>
/// <c>POST /push</c> (protocol 4.3), and <c>POST /conflicts/{id}/resolve</c> (4.7), which is a push that settles a conflict.
/// </summary>
internal sealed class PushEndpoint(SyncService service, RequestBodies bodies, RateLimits rates, Answers answers, HeldClaims claims)
{
    /// <summary>The push is settled, so "nothing was applied" would be wrong: its outcome is open until the client asks again.</summary>
    private static readonly Refusal AnswerWaits = new(
        ErrorCode.StorageUnavailable,
        "The server has too many answers in hand. The push was judged: repeat it with the same message_id to learn its outcome.");

    /// <summary>
    /// From the hand-over to the actors on, nothing of it depends on the client's patience: a push that was begun is finished, and
    /// its repeat finds the outcome.
    /// </summary>
    public ValueTask<Refusal?> HandleAsync(Exchange exchange) => HandleAsync(exchange, service.Pushes);

    /// <summary>The push of one change, or of none, that settles a conflict.</summary>
    public ValueTask<Refusal?> ResolveAsync(Exchange exchange)
    {
        var server = service.Server;
        return ConflictsEndpoint.TryNumber(exchange.Http.Request.RouteValues["id"] as string, 1, out var conflict)
            ? HandleAsync(exchange, new SettleReader(server.Hash, server.Zstd, conflict, exchange.Caller!.Client, Guid.NewGuid()))
            : ValueTask.FromResult<Refusal?>(new Refusal(ErrorCode.NotFound, "There is no such conflict, or none any more."));
    }

    private async ValueTask<Refusal?> HandleAsync(Exchange exchange, MessageReader<PushBatch> reader)
    {
        var (batch, unread) = await bodies.ReadAsync(exchange, reader);
        if (batch is null)
        {
            return unread;
        }

        var refusal = Callers.Mismatch(exchange, batch.Push.Client)
            ?? rates.AdmitPush(exchange, batch.Push)
            ?? await claims.SettleAsync(exchange);
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

        return await AnswerAsync(exchange, reply) is null ? null : AnswerWaits;
    }

    /// <summary>The acknowledgement; or, where an atomic push met a conflict, the error body with the reports.</summary>
    private async ValueTask<Refusal?> AnswerAsync(Exchange exchange, PushReply reply)
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

        return await answers.SendAsync(exchange, body);
    }
}
