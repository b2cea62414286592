using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace HeliosSync.Host;

/// <summary>
/// JwtBearer as strict as protocol 2 asks; its defaults allow another algorithm of the family, 5 minutes of skew, any <c>typ</c>.
/// </summary>
internal sealed class BearerSetup : IOptionsMonitor<JwtBearerOptions>
{
    /// <summary>Who makes tokens.</summary>
    public const string Issuer = "heliosdb-sync";

    /// <summary>Whom tokens are for.</summary>
    public const string Audience = "heliosdb-client";

    /// <summary>How far the clocks of those who make tokens may be off.</summary>
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);

    /// <summary>No scheme of the program: a web application would judge the token by it before anything else, for every request.</summary>
    private static readonly AuthenticationScheme Scheme = new("HeliosSync", null, typeof(JwtBearerHandler));

    private readonly TimeProvider _time;
    private readonly ILoggerFactory _logs;
    private readonly TokenReader _reader;

    public BearerSetup(Settings settings, TimeProvider time, ILoggerFactory logs)
    {
        (_time, _logs, _reader) = (time, logs, new TokenReader(settings.KeyId));
        CurrentValue = Options(settings);
    }

    /// <inheritdoc/>
    public JwtBearerOptions CurrentValue { get; }

    /// <inheritdoc/>
    public JwtBearerOptions Get(string? name) => CurrentValue;

    /// <inheritdoc/>
    public IDisposable? OnChange(Action<JwtBearerOptions, string?> listener) => null;

    /// <summary>Whether a token that is good until then is no longer.</summary>
    public static bool HasExpired(DateTime until, DateTime now) => now - Skew > until;

    /// <summary>The last moment of a token that is good until then.</summary>
    public static DateTime LastMoment(DateTime until) => DateTime.MaxValue - until > Skew ? until + Skew : DateTime.MaxValue;

    /// <summary>Whether a token that is good from then on is not yet.</summary>
    public static bool IsEarly(DateTime from, DateTime now) => now + Skew < from;

    /// <summary>What JwtBearer says of the request's token.</summary>
    public async Task<AuthenticateResult> JudgeAsync(HttpContext http)
    {
        var handler = new JwtBearerHandler(this, _logs, UrlEncoder.Default);
        await handler.InitializeAsync(Scheme, http);
        return await handler.AuthenticateAsync();
    }

    private JwtBearerOptions Options(Settings settings)
    {
        var options = new JwtBearerOptions { TimeProvider = _time };
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
        return options;
    }

    private Task ReadToken(MessageReceivedContext context)
    {
        var header = context.HttpContext.Features.Get<OfferedToken>()?.Header ?? context.Request.Headers.Authorization;
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
        if (context.HttpContext.Features.Get<ReadCaller>() is { } read)
        {
            var (from, until) = (context.SecurityToken.ValidFrom, context.SecurityToken.ValidTo);
            context.HttpContext.Features.Set(new GoodToken(read.Caller, from, until));
        }

        return Task.CompletedTask;
    }

    private bool Lives(DateTime? notBefore, DateTime? expires, SecurityToken token, TokenValidationParameters parameters)
    {
        var now = _time.GetUtcNow().UtcDateTime;
        if (expires is not { } end || HasExpired(end, now))
        {
            throw new SecurityTokenExpiredException("The token has expired.");
        }

        return notBefore is { } start && IsEarly(start, now)
            ? throw new SecurityTokenNotYetValidException("The token is not valid yet.")
            : true;
    }

    /// <summary>What the token says, before its signature was judged.</summary>
    private sealed record ReadCaller(Caller Caller);
}

/// <summary>A token that did not come in the request's header, and is to be judged as if it had.</summary>
/// <param name="Header">The header that it would have come in.</param>
internal sealed record OfferedToken(StringValues Header);
