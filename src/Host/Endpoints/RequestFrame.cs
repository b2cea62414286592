using HeliosSync.Domain;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace HeliosSync.Host;

/// <summary>
/// What every request passes through: its id, the method, the token, the endpoint, the error body, the log. The headers and the token
/// are judged before anything of the body is read.
/// </summary>
internal sealed class RequestFrame(
    Settings settings,
    RequestSlots slots,
    Authenticator authenticator,
    RateLimits rates,
    ErrorAnswers errors,
    SyncService service,
    ShedLog shed,
    IEnumerable<IRequestWatcher> watchers,
    TimeProvider time,
    ILogger<RequestFrame> logger)
{
    private readonly IRequestWatcher[] _watchers = [.. watchers];

    /// <summary>Answers whatever no endpoint is there for.</summary>
    public static Endpoint Nowhere { get; } = new(
        "-",
        "*",
        Scopes.None,
        static _ => ValueTask.FromResult<Refusal?>(new Refusal(ErrorCode.NotFound, "There is nothing at this path.")));

    /// <summary>The endpoints of one path, framed: a request goes to the one of its method.</summary>
    public RequestDelegate Around(params Endpoint[] endpoints)
    {
        var allow = string.Join(", ", endpoints.Select(static endpoint => endpoint.Method));
        Endpoint[] framed = [.. endpoints.Select(endpoint => endpoint with { Allow = allow })];
        return http => InvokeAsync(http, Array.Find(framed, e => Allows(e, http.Request.Method)) ?? framed[0]);
    }

    private async Task InvokeAsync(HttpContext http, Endpoint endpoint)
    {
        var began = time.GetTimestamp();
        using var exchange = new Exchange(http, endpoint, RequestIds.Of(http.Request.Headers));
        using var span = RequestSpans.Begin(http, endpoint, exchange.RequestId);
        http.Response.Headers[RequestIds.Header] = exchange.RequestId;
        SecurityHeaders.Put(http);
        LetBodyDrain(http);
        try
        {
            if (await AnswerAsync(exchange) is { } refusal)
            {
                await RefuseAsync(exchange, refusal);
            }
        }
        catch (Exception e) when (IsGone(http, e))
        {
            RequestLog.Gone(logger, endpoint.Path, exchange.RequestId);
            // Kestrel may not know yet: it would try to read the rest of the body, and log an error.
            http.Abort();
            return;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            RequestLog.Failed(logger, e, endpoint.Path, exchange.RequestId);
            await FailAsync(exchange);
        }

        var took = time.GetElapsedTime(began);
        Log(exchange, took);
        foreach (var watcher in _watchers)
        {
            watcher.Answered(exchange, took);
        }
    }

    /// <summary>
    /// Kestrel resets the connection of a body over its own limit, and the client may never see why. The limit is kept by
    /// <see cref="RequestBodies"/>, to the byte; what was refused unread is drained by Kestrel, for 5 seconds at most.
    /// </summary>
    private static void LetBodyDrain(HttpContext http)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = null;
        }
    }

    private async ValueTask<Refusal?> AnswerAsync(Exchange exchange)
    {
        var (http, endpoint) = (exchange.Http, exchange.Endpoint);
        if (!Allows(endpoint, http.Request.Method))
        {
            http.Response.Headers.Allow = endpoint.Allow;
            return new Refusal(ErrorCode.MethodNotAllowed, $"This path takes {endpoint.Allow} only.");
        }

        return (endpoint.Scope == Scopes.None ? null : await AdmitAsync(exchange)) ?? await endpoint.Handle(exchange);
    }

    /// <summary>
    /// A place among the requests in hand, first of all: a server that is full says so at next to no cost. Then the token, then a place
    /// among the tenant's own. Health needs none of it.
    /// </summary>
    private async ValueTask<Refusal?> AdmitAsync(Exchange exchange)
    {
        var (http, endpoint) = (exchange.Http, exchange.Endpoint);
        if ((exchange.Slot = slots.TryTake()) is not { } slot)
        {
            return BodyRefusals.Overloaded;
        }

        var held = endpoint.HeldWithoutToken && settings.AnonymousRegistration && http.Request.Headers.Authorization.Count == 0;
        if (held)
        {
            if (rates.AdmitStranger(http) is { } tooMany)
            {
                return tooMany;
            }

            rates.NoteStranger(http);
        }
        else
        {
            (exchange.Token, var refusal) = await authenticator.AuthenticateAsync(http, endpoint.Scope);
            if (refusal is not null)
            {
                return refusal;
            }
        }

        // Requests without a token share one tenant's room, as they do with bytes.
        return slot.TryJoin(exchange.Caller?.Tenant ?? default) ? rates.AdmitRequest(exchange) : BodyRefusals.TenantOverloaded;
    }

    private async Task RefuseAsync(Exchange exchange, Refusal refusal)
    {
        exchange.Code = refusal.Code;
        exchange.Reason = refusal.Code == ErrorCode.Unauthorized ? refusal.Message : null;
        if (refusal.Code == ErrorCode.Overloaded && !service.IsStopping)
        {
            service.Server.Work.NoteOverload();
        }

        exchange.Leave();
        await errors.WriteAsync(exchange.Http, refusal, exchange.RequestId);
    }

    /// <summary>A bug: no detail leaks, and an answer that is half sent is cut, so that nobody takes it for a whole one.</summary>
    private async Task FailAsync(Exchange exchange)
    {
        if (exchange.Http.Response.HasStarted)
        {
            exchange.Http.Abort();
            return;
        }

        await RefuseAsync(exchange, new Refusal(ErrorCode.InternalError, "The server failed; its log has the reason under this id."));
    }

    private void Log(Exchange exchange, TimeSpan took)
    {
        var status = exchange.Http.Response.StatusCode;
        var turnedAway = ShedLog.Is(exchange.Code);
        if (turnedAway)
        {
            shed.Count(exchange.Code!.Value);
        }

        var level = status >= StatusCodes.Status400BadRequest && !turnedAway ? LogLevel.Information : LogLevel.Debug;
        if (logger.IsEnabled(level))
        {
            var code = exchange.Code is { } error ? ErrorCatalogue.Of(error).Name : null;
            var ms = Math.Round(took.TotalMilliseconds, 3);
            RequestLog.Answered(
                logger,
                level,
                exchange.Http.Request.Method,
                exchange.Endpoint.Path,
                status,
                code,
                ms,
                exchange.Caller?.Tenant.Value,
                exchange.Caller?.Client.Value,
                exchange.RequestId,
                exchange.Reason);
        }
    }

    /// <summary>A probe may ask with HEAD where GET is answered; the server sends no body then.</summary>
    private static bool Allows(Endpoint endpoint, string asked) =>
        endpoint.Method == "*"
        || HttpMethods.Equals(endpoint.Method, asked)
        || (endpoint.AllowsHead && HttpMethods.IsGet(endpoint.Method) && HttpMethods.IsHead(asked));

    private static bool IsGone(HttpContext http, Exception e) =>
        e is ConnectionResetException || (http.RequestAborted.IsCancellationRequested && e is OperationCanceledException or IOException);
}
