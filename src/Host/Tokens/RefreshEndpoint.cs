using HeliosSync.Actors.Tokens;
using HeliosSync.Codec;
using HeliosSync.Domain;
using Microsoft.AspNetCore.Http.Features;

namespace HeliosSync.Host;

/// <summary><c>POST /api/v1/auth/token/refresh</c> (docs/protocol.md 4.1): a refresh token for the next pair.</summary>
internal sealed class RefreshEndpoint(
    RequestSlots slots,
    RequestBodies bodies,
    RateLimits rates,
    Authenticator authenticator,
    TokenKeeper keeper,
    TokenIssuer issuer,
    Answers answers)
{
    /// <summary>Bytes of a body: a token and little else. It is read before anything is known of who sends it.</summary>
    private const long BodyBytesMax = 16 * 1_024;

    private readonly RefreshReader _reader = new();

    public async ValueTask<Refusal?> HandleAsync(Exchange exchange)
    {
        var http = exchange.Http;
        if ((exchange.Slot = slots.TryTake()) is not { } slot)
        {
            return BodyRefusals.Overloaded;
        }

        if (http.Request.ContentLength > BodyBytesMax)
        {
            return BodyRefusals.TooLarge(BodyBytesMax);
        }

        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = BodyBytesMax;
        }

        var (asked, unread) = await bodies.ReadAsync(exchange, _reader);
        if (asked is null)
        {
            return unread;
        }

        (exchange.Token, var refusal) = await authenticator.AuthenticateRefreshAsync(http, asked.Token);
        if (refusal is not null)
        {
            return refusal;
        }

        return slot.TryJoin(exchange.Caller!.Tenant)
            ? rates.AdmitRequest(exchange) ?? await AnswerAsync(exchange, asked.MessageId)
            : BodyRefusals.TenantOverloaded;
    }

    private async ValueTask<Refusal?> AnswerAsync(Exchange exchange, Guid? messageId)
    {
        var (refusal, rotation) = await keeper.RotateAsync(exchange.Token!, messageId);
        if (refusal is not null)
        {
            return refusal;
        }

        switch (rotation.Outcome)
        {
            case RotationOutcome.New or RotationOutcome.Again:
                break;
            case RotationOutcome.Replayed:
                return Authenticator.Invalid(
                    exchange.Http, "The refresh token was used before: all tokens of its sign-in are revoked. Sign in again.");
            case RotationOutcome.Unknown:
                return Authenticator.Invalid(exchange.Http, "The refresh token is not known any more. Sign in again.");
            default:
                return Authenticator.Revoked(exchange.Http);
        }

        var pair = issuer.Renew(exchange.Caller!, rotation.Id, rotation.IssuedAt);
        await using var body = answers.Open(exchange, StatusCodes.Status200OK);
        TokenWriter.WritePair(
            body,
            pair.AccessToken,
            (long)pair.AccessLifetime.TotalSeconds,
            pair.RefreshToken,
            (long)pair.RefreshLifetime.TotalSeconds);
        return await answers.SendAsync(exchange, body);
    }
}
