using System.Text;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace HeliosSync.Host;

/// <summary>
/// JwtBearer as strict as protocol 2 asks; its defaults allow another algorithm of the family, 5 minutes of skew, any <c>typ</c>.
/// </summary>
internal sealed class BearerSetup(Settings settings, TimeProvider time) : IConfigureNamedOptions<JwtBearerOptions>
{
    /// <summary>The scheme's name: not the default one, so that an embedding program keeps its own.</summary>
    public const string Scheme = "HeliosSync";

    /// <summary>Who makes tokens.</summary>
    public const string Issuer = "heliosdb-sync";

    /// <summary>Whom tokens are for.</summary>
    public const string Audience = "heliosdb-client";

    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);

    private readonly TokenReader _reader = new(settings.KeyId);

    /// <inheritdoc/>
    public void Configure(string? name, JwtBearerOptions options)
    {
        if (name == Scheme)
        {
            Configure(options);
        }
    }

    /// <inheritdoc/>
    public void Configure(JwtBearerOptions options)
    {
        var key = new SymmetricSecurityKey(Encoding.UTF8.GetBytes(settings.Secret)) { KeyId = settings.KeyId };
        options.MapInboundClaims = false;
        options.SaveToken = false;
        options.TokenHandlers.Clear();
        options.TokenHandlers.Add(new JsonWebTokenHandler
        {
            MapInboundClaims = false,
            MaximumTokenSizeInBytes = TokenReader.TokenCharsMax,
        });
        options.TokenValidationParameters = new TokenValidationParameters
        {
            ValidAlgorithms = [SecurityAlgorithms.HmacSha256],
            ValidIssuer = Issuer,
            ValidAudience = Audience,
            // The key's name was judged by the reader: the one key there is fits.
            IssuerSigningKeyResolver = (_, _, _, _) => [key],
            RequireSignedTokens = true,
            RequireExpirationTime = true,
            ClockSkew = Skew,
            LifetimeValidator = Lives,
        };
        options.Events = new JwtBearerEvents { OnMessageReceived = ReadToken, OnTokenValidated = KeepCaller };
    }

    private Task ReadToken(MessageReceivedContext context)
    {
        var header = context.Request.Headers.Authorization;
        if (header.Count == 0)
        {
            context.NoResult();
        }
        else if (header is not [{ } value] || !value.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
        {
            context.Fail("The Authorization header is not of the form Bearer and a token.");
        }
        else if (_reader.TryRead(value["Bearer ".Length..].Trim(' '), out var caller, out var refusal))
        {
            context.Token = value["Bearer ".Length..].Trim(' ');
            context.HttpContext.Features.Set(new ReadCaller(caller));
        }
        else
        {
            context.Fail(refusal);
        }

        return Task.CompletedTask;
    }

    private static Task KeepCaller(TokenValidatedContext context)
    {
        context.HttpContext.Features.Set(context.HttpContext.Features.Get<ReadCaller>()?.Caller);
        return Task.CompletedTask;
    }

    private bool Lives(DateTime? notBefore, DateTime? expires, SecurityToken token, TokenValidationParameters parameters)
    {
        var now = time.GetUtcNow().UtcDateTime;
        if (expires is not { } end || now > end + Skew)
        {
            throw new SecurityTokenExpiredException("The token has expired.");
        }

        return notBefore is not { } start || now >= start - Skew
            ? true
            : throw new SecurityTokenNotYetValidException("The token is not valid yet.");
    }

    /// <summary>What the token says, before its signature was judged.</summary>
    private sealed record ReadCaller(Caller Caller);
}
