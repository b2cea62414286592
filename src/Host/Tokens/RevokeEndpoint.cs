using HeliosSync.Actors.Tokens;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary><c>POST /api/v1/auth/revoke</c> (docs/protocol.md 4.2), within the token's own tenant alone.</summary>
internal sealed class RevokeEndpoint(
    RequestBodies bodies, TokenKeeper keeper, Answers answers, TimeProvider time, ILogger<RevokeEndpoint> logger)
{
    private readonly RevokeReader _reader = new();

    public async ValueTask<Refusal?> HandleAsync(Exchange exchange)
    {
        var (asked, unread) = await bodies.ReadAsync(exchange, _reader);
        if (asked is null)
        {
            return unread;
        }

        var caller = exchange.Caller!;
        var what = Of(caller.Tenant, asked);
        var (refusal, upTo) = await keeper.RevokeAsync(what);
        if (refusal is not null)
        {
            return refusal;
        }

        TokenLog.Revoked(
            logger, caller.Tenant.Value, what.Kind, asked.Client?.Value, caller.Client.Value, exchange.RequestId);
        exchange.Leave();
        long? issuedUpTo = what.Kind == RevokedKind.Token ? null : upTo;
        await NextSecondAsync(issuedUpTo, time);
        await using var body = answers.Open(exchange, StatusCodes.Status200OK);
        TokenWriter.WriteRevoked(body, caller.Tenant, asked, issuedUpTo);
        return await answers.SendAsync(exchange, body);
    }

    /// <summary>What is to be revoked.</summary>
    internal static Revocation Of(TenantId tenant, RevokeRequest asked) =>
        asked.Id is { } id ? new Revocation(tenant, RevokedKind.Token, id)
        : asked.Client is { } client ? new Revocation(tenant, RevokedKind.Client, client.Value)
        : new Revocation(tenant, RevokedKind.Tenant, "");

    /// <summary>
    /// A token's <c>iat</c> has whole seconds, so what is issued in the second of a revocation is revoked too. Whoever is answered after
    /// that second can issue new ones at once.
    /// </summary>
    internal static async Task NextSecondAsync(long? upTo, TimeProvider time)
    {
        const int RingsMax = 3;
        var end = DateTimeOffset.FromUnixTimeSeconds(upTo ?? 0).AddSeconds(1);
        var left = end - time.GetUtcNow();
        // Timers ring some milliseconds early: then once more for what is left.
        for (var i = 0; i < RingsMax && left > TimeSpan.Zero && left <= TimeSpan.FromSeconds(1); i++)
        {
            await Task.Delay(left + TimeSpan.FromMilliseconds(1), time);
            left = end - time.GetUtcNow();
        }
    }
}
