namespace HeliosSync.Simulation;

/// <summary>The endpoints that a client calls.</summary>
internal enum Endpoint
{
    Register,
    Pull,
    Push,
    Heartbeat,
}

/// <summary>A request on its way: who the token says it is, and the body's bytes.</summary>
/// <param name="Tenant">The tenant of its token.</param>
/// <param name="Client">The client of its token.</param>
/// <param name="Endpoint">Where to.</param>
/// <param name="Body">The JSON.</param>
/// <param name="Message">The push's message id.</param>
/// <param name="After">The LSN above which a pull's page begins.</param>
/// <param name="Filter">The only table that a pull asks for; null for all.</param>
internal sealed record Request(
    int Tenant, string Client, Endpoint Endpoint, byte[] Body, Guid Message = default, long After = 0, string? Filter = null)
{
    public override string ToString() => $"{Endpoint} of {Tenant}/{Client}";
}
