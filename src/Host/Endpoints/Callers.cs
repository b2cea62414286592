using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary>Holds a body against its token.</summary>
internal static class Callers
{
    /// <summary>Why a body may not name that client (protocol 2); null where it may.</summary>
    public static Refusal? Mismatch(Exchange exchange, ClientId client) =>
        exchange.Caller!.Client == client
            ? null
            : new Refusal(ErrorCode.ClientMismatch, "The body's client_id is not the token's.", $"the token's: {exchange.Caller.Client}");
}
