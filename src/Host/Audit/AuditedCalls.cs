using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary>
/// Around the endpoints by which administrators change something: that they are called, and by whom, is on the disk before anything is
/// done. Where it cannot be put there, nothing is done.
/// </summary>
internal sealed class AuditedCalls(AuditLog audit)
{
    private static readonly Refusal Unwritable = new(
        ErrorCode.StorageUnavailable, "The audit log cannot be written: what administrators do is refused until it can.");

    /// <summary>The endpoint, audited where it needs to be.</summary>
    public Endpoint Around(Endpoint endpoint) => endpoint.Scope == Scopes.Admin && !HttpMethods.IsGet(endpoint.Method)
        ? endpoint with { Handle = exchange => HandleAsync(exchange, endpoint.Handle) }
        : endpoint;

    private async ValueTask<Refusal?> HandleAsync(Exchange exchange, Handler handle)
    {
        var entry = AuditEntry.Of(AuditKind.AdminCall, exchange, Target(exchange));
        return await audit.RecordAsync(entry) ? await handle(exchange) : Unwritable;
    }

    /// <summary>The ids in the path, as far as they are any: what else was typed there is nobody's business.</summary>
    private static AuditDetail[] Target(Exchange exchange) =>
    [
        .. exchange.Http.Request.RouteValues
            .Where(static part => ClientId.TryParse(part.Value as string, out _))
            .Select(static part => new AuditDetail(part.Key, part.Value)),
    ];
}
