namespace HeliosSync.Host;

/// <summary>Puts the server's endpoints into a program's routes.</summary>
public static class HeliosSyncEndpoints
{
    /// <summary>The path that every endpoint is below (protocol 1).</summary>
    public const string BasePath = "/api/v1/sync";

    /// <summary>
    /// Maps the protocol's endpoints below <see cref="BasePath"/>, and those for tokens below <c>/api/v1/auth</c>; whatever else is
    /// asked for there is answered with the protocol's own 404 and 405. The endpoints judge tokens themselves, so a program's own
    /// authorization passes them by. Needs <see cref="HeliosSyncBuilder.AddHeliosSync"/>.
    /// </summary>
    public static RouteGroupBuilder MapHeliosSync(this IEndpointRouteBuilder routes)
    {
        var services = routes.ServiceProvider;
        var frame = services.GetRequiredService<RequestFrame>();
        var audited = services.GetRequiredService<AuditedCalls>();
        var group = routes.MapGroup(BasePath);
        foreach (var path in Table(services).Select(audited.Around).GroupBy(static endpoint => endpoint.Path))
        {
            Endpoint[] endpoints = [.. path];
            group.Map(path.Key, frame.Around(endpoints)).WithMetadata(endpoints);
        }

        group.Map("/{**rest}", frame.Around(RequestFrame.Nowhere));
        group.AllowAnonymous();
        routes.MapTokens();
        return group;
    }

    /// <summary>Every endpoint of the protocol. What is not here is not there.</summary>
    internal static Endpoint[] Table(IServiceProvider services)
    {
        var health = services.GetRequiredService<HealthEndpoint>();
        var register = services.GetRequiredService<RegisterEndpoint>();
        var pull = services.GetRequiredService<PullEndpoint>();
        var stream = services.GetRequiredService<StreamEndpoint>();
        var push = services.GetRequiredService<PushEndpoint>();
        var heartbeat = services.GetRequiredService<HeartbeatEndpoint>();
        var conflicts = services.GetRequiredService<ConflictsEndpoint>();
        var policy = services.GetRequiredService<PolicyEndpoint>();
        var compact = services.GetRequiredService<CompactEndpoint>();
        var clients = services.GetRequiredService<ClientsEndpoint>();
        return
        [
            new("/health", HttpMethods.Get, Scopes.None, health.LiveAsync),
            new("/health/live", HttpMethods.Get, Scopes.None, health.LiveAsync),
            new("/health/ready", HttpMethods.Get, Scopes.None, health.ReadyAsync),
            new("/register", HttpMethods.Post, Scopes.Read, register.HandleAsync, HeldWithoutToken: true),
            new("/pull", HttpMethods.Post, Scopes.Read, pull.HandleAsync),
            new("/stream", HttpMethods.Get, Scopes.Read, stream.HandleAsync, AllowsHead: false),
            new("/push", HttpMethods.Post, Scopes.Write, push.HandleAsync),
            new("/heartbeat", HttpMethods.Post, Scopes.Read, heartbeat.HandleAsync),
            new("/conflicts", HttpMethods.Get, Scopes.Read, conflicts.HandleAsync),
            new("/conflicts/{id}/resolve", HttpMethods.Post, Scopes.Write, push.ResolveAsync),
            new("/policy", HttpMethods.Get, Scopes.Admin, policy.TellAsync),
            new("/policy", HttpMethods.Put, Scopes.Admin, policy.SetAsync),
            new("/compact", HttpMethods.Post, Scopes.Admin, compact.HandleAsync),
            new("/clients", HttpMethods.Get, Scopes.Admin, clients.ListAsync),
            new("/clients/{client_id}", HttpMethods.Delete, Scopes.Admin, clients.ForgetAsync),
        ];
    }
}
