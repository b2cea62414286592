using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary><c>POST /compact</c> (docs/protocol.md 6.8): compacts the token's tenant's journal, or says what that would do.</summary>
internal sealed class CompactEndpoint(
    SyncService service, RequestBodies bodies, Answers answers, AuditLog audit, ILogger<CompactEndpoint> logger)
{
    private readonly CompactReader _reader = new();

    public async ValueTask<Refusal?> HandleAsync(Exchange exchange)
    {
        var (asked, unread) = await bodies.ReadAsync(exchange, _reader);
        if (asked is null)
        {
            return unread;
        }

        var caller = exchange.Caller!;
        var (refused, reply) = await service.Server.CompactAsync(caller.Tenant, asked.DryRun);
        if (reply is null)
        {
            return refused;
        }

        if (!asked.DryRun)
        {
            await audit.RecordAsync(AuditEntry.Of(
                AuditKind.Compacted, exchange, AuditDeeds.DetailsOf(reply.HorizonLsn, reply.Figures)));
            RequestLog.Compacted(
                logger, caller.Tenant.Value, reply.HorizonLsn, reply.Figures.ChangesRemoved, caller.Client.Value, exchange.RequestId);
        }

        await using var body = answers.Open(exchange, StatusCodes.Status200OK);
        CompactionWriter.Write(
            body, reply.DryRun, reply.HorizonLsn, reply.HeadLsn, reply.Figures, reply.Lagging, reply.HasMoreLagging);
        return await answers.SendAsync(exchange, body);
    }
}
