using HeliosSync.Actors;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary><c>GET</c> and <c>PUT /policy</c> (protocol 5.5): a tenant's conflict policies, for administrators.</summary>
internal sealed class PolicyEndpoint(SyncService service, RequestBodies bodies, Answers answers, AuditLog audit)
{
    private readonly PolicyReader _reader = new();

    /// <summary>What is in force.</summary>
    public async ValueTask<Refusal?> TellAsync(Exchange exchange) =>
        await AnswerAsync(exchange, await service.Server.PoliciesAsync(exchange.Caller!.Tenant));

    /// <summary>Sets them; the answer leaves when that is durable.</summary>
    public async ValueTask<Refusal?> SetAsync(Exchange exchange)
    {
        var (choice, unread) = await bodies.ReadAsync(exchange, _reader);
        if (choice is null)
        {
            return unread;
        }

        var reply = await service.Server.SetPoliciesAsync(exchange.Caller!.Tenant, choice.Policies, exchange.Caller.Client);
        if (reply.Value is { } set)
        {
            await audit.RecordAsync(AuditEntry.Of(AuditKind.PolicyChanged, exchange, Details(set)));
        }

        return await AnswerAsync(exchange, reply);
    }

    /// <summary>What holds from now on; of many tables the first, by name.</summary>
    private static AuditDetail[] Details(PoliciesReply set)
    {
        const int TablesNamedMax = 8;
        var tables = set.InForce.Tables;
        return
        [
            new("policy", ConflictPolicyNames.Of(set.InForce.Default)),
            new("of_tenant", set.OwnOfTenant),
            new("tables", tables.Count),
            new("first_tables", string.Join(',', tables.Take(TablesNamedMax)
                .Select(static table => $"{table.Table}={ConflictPolicyNames.Of(table.Policy)}"))),
        ];
    }

    private async ValueTask<Refusal?> AnswerAsync(Exchange exchange, Reply<PoliciesReply> reply)
    {
        if (reply.Value is null)
        {
            return reply.Refusal;
        }

        await using var body = answers.Open(exchange, StatusCodes.Status200OK);
        PolicyWriter.Write(body, reply.Value.InForce, reply.Value.OwnOfTenant);
        return await answers.SendAsync(exchange, body);
    }
}
