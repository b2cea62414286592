using System.Globalization;
using HeliosSync.Codec;
using HeliosSync.Domain;
using Microsoft.Extensions.Primitives;

namespace HeliosSync.Host;

/// <summary>
/// <c>GET /clients</c> and <c>DELETE /clients/{client_id}</c> (docs/protocol.md 6.6), of the token's own tenant alone. The token's
/// own client need not be registered.
/// </summary>
internal sealed class ClientsEndpoint(SyncService service, Answers answers, AuditLog audit, ILogger<ClientsEndpoint> logger)
{
    public async ValueTask<Refusal?> ListAsync(Exchange exchange)
    {
        var query = exchange.Http.Request.Query;
        if (!TryReadLimit(query["limit"], out var limit))
        {
            return Invalid("A page has 1 to 1,000 clients.", "limit");
        }

        if (!TryReadAfter(query["after"], out var after))
        {
            return Invalid("A page begins behind a client's id, given once.", "after");
        }

        var (refused, reply) = await service.Server.ListClientsAsync(exchange.Caller!.Tenant, after, limit);
        if (reply is null)
        {
            return refused;
        }

        await using var body = answers.Open(exchange, StatusCodes.Status200OK);
        FleetWriter.Write(
            body,
            reply.Members,
            reply.Live,
            reply.HasMore,
            reply.RegisteredClients,
            reply.HeadLsn,
            reply.ServerNode,
            reply.AtMicros);
        return await answers.SendAsync(exchange, body);
    }

    public async ValueTask<Refusal?> ForgetAsync(Exchange exchange)
    {
        if (!ClientId.TryParse(exchange.Http.GetRouteValue("client_id") as string, out var client))
        {
            return Invalid("The path's last part is no client's id.", "client_id");
        }

        var caller = exchange.Caller!;
        var (refused, reply) = await service.Server.ForgetClientAsync(caller.Tenant, client);
        if (reply is null)
        {
            return refused;
        }

        await audit.RecordAsync(AuditEntry.Of(AuditKind.ClientForgotten, exchange) with { Client = client });
        RequestLog.Forgot(logger, caller.Tenant.Value, client.Value, caller.Client.Value, exchange.RequestId);
        await using var body = answers.Open(exchange, StatusCodes.Status200OK);
        FleetWriter.WriteForgotten(body, reply.Client);
        return await answers.SendAsync(exchange, body);
    }

    private static Refusal Invalid(string message, string field) => new(ErrorCode.InvalidMessage, message, field);

    /// <summary>As in a pull: what is above the most is the most.</summary>
    private static bool TryReadLimit(StringValues given, out int limit)
    {
        limit = Limits.FleetPageClientsMax;
        if (given.Count == 0)
        {
            return true;
        }

        if (given is not [{ Length: > 0 and <= 32 } text] || text.AsSpan().ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }

        limit = (int)UInt128.Min(UInt128.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture), (UInt128)limit);
        return limit > 0;
    }

    private static bool TryReadAfter(StringValues given, out ClientId? after)
    {
        var good = ClientId.TryParse(given is [{ } text] ? text : null, out var client);
        after = good ? client : null;
        return good || given.Count == 0;
    }
}
