using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary>
/// Has refusals, failed authentications and what administrators read written to the audit log. A push or pull that went well costs two
/// comparisons.
/// </summary>
internal sealed class AuditWatcher(AuditLog audit) : IRequestWatcher
{
    /// <inheritdoc/>
    public void Answered(Exchange exchange, TimeSpan took)
    {
        var isRead = exchange.Endpoint.Scope == Scopes.Admin && HttpMethods.IsGet(exchange.Endpoint.Method);
        if (exchange.Code is { } code)
        {
            var kind = code == ErrorCode.Unauthorized ? AuditKind.AuthenticationFailed : AuditKind.Refused;
            audit.Count(SumOf(kind, exchange) with { Code = code, Reason = exchange.Reason }, exchange.RequestId);
        }
        else if (isRead)
        {
            audit.Count(SumOf(AuditKind.AdminCall, exchange), exchange.RequestId);
        }
    }

    /// <summary>A registration stands. Of one client that registers again and again there is a line a second.</summary>
    public void Registered(Exchange exchange) => audit.Count(SumOf(AuditKind.Registered, exchange), exchange.RequestId);

    /// <summary>A registration without a token is held.</summary>
    public void Held(Exchange exchange, ClientId client) =>
        audit.Count(SumOf(AuditKind.RegistrationHeld, exchange) with { Client = client }, exchange.RequestId);

    private static AuditSum SumOf(AuditKind kind, Exchange exchange) => new(
        kind,
        null,
        null,
        exchange.Caller?.Tenant,
        exchange.Caller?.Client,
        AuditAddress.Of(exchange.Http),
        exchange.Endpoint.Method,
        exchange.Endpoint.Path);
}
