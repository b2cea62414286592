using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary><c>POST /register</c> (protocol 4.1), with a token or, where that is switched on, without.</summary>
internal sealed class RegisterEndpoint(
    Settings settings, SyncService service, RequestBodies bodies, Answers answers, HeldRegistrations held, HeldClaims claims,
    AuditWatcher audit)
{
    private readonly RegisterReader _reader = new();

    public async ValueTask<Refusal?> HandleAsync(Exchange exchange)
    {
        var (register, unread) = await bodies.ReadAsync(exchange, _reader);
        if (register is null)
        {
            return unread;
        }

        if (exchange.Caller is null)
        {
            return held.TryHold(register)
                ? await AnswerHeldAsync(exchange, register)
                : new Refusal(ErrorCode.Overloaded, "The server holds too many registrations without a token: register with one.");
        }

        if (Callers.Mismatch(exchange, register.Client) is { } refusal)
        {
            return refusal;
        }

        var (refused, reply) = await service.Server.RegisterAsync(exchange.Caller.Tenant, register);
        if (reply is null)
        {
            return refused;
        }

        audit.Registered(exchange);
        claims.Drop(exchange.Caller);
        await using var body = answers.Open(exchange, StatusCodes.Status200OK);
        RegisterWriter.Write(
            body,
            register.Client,
            reply.Node,
            reply.ServerNode,
            reply.ServerLsn,
            reply.HeadLsn,
            reply.JudgedLsn,
            reply.JudgedCounter,
            settings.RequestBytesMax);
        return await answers.SendAsync(exchange, body);
    }

    private async ValueTask<Refusal?> AnswerHeldAsync(Exchange exchange, Register register)
    {
        audit.Held(exchange, register.Client);
        await using var body = answers.Open(exchange, StatusCodes.Status200OK);
        RegisterWriter.Write(body, register.Client, NodeId.Of(register.Client), null, 0, 0, 0, 0, settings.RequestBytesMax);
        return await answers.SendAsync(exchange, body);
    }
}
