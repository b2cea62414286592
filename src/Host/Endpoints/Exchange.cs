using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary>Answers a request, or says why not.</summary>
internal delegate ValueTask<Refusal?> Handler(Exchange exchange);

/// <summary>One endpoint of protocol 4.</summary>
/// <param name="Path">Its path below the base.</param>
/// <param name="Method">Its only method.</param>
/// <param name="Scope">What a token must allow; none: no token is asked for.</param>
/// <param name="Handle">What it does.</param>
/// <param name="HeldWithoutToken">Whether a request without a token is let in where anonymous registration is on (protocol 4.1).</param>
/// <param name="AllowsHead">Whether a GET may be asked for with HEAD.</param>
internal sealed record Endpoint(
    string Path, string Method, Scopes Scope, Handler Handle, bool HeldWithoutToken = false, bool AllowsHead = true)
{
    /// <summary>Every method that its path takes.</summary>
    public string Allow { get; init; } = Method;
}

/// <summary>One request and its answer, on the way through the host.</summary>
/// <param name="http">The framework's view of it.</param>
/// <param name="endpoint">Where it goes.</param>
/// <param name="requestId">What the answer and the log name it by.</param>
internal sealed class Exchange(HttpContext http, Endpoint endpoint, string requestId) : IDisposable
{
    /// <summary>The framework's view.</summary>
    public HttpContext Http => http;

    /// <summary>Where it goes.</summary>
    public Endpoint Endpoint => endpoint;

    /// <summary>What the answer and the log name it by.</summary>
    public string RequestId => requestId;

    /// <summary>Who calls; null without a token.</summary>
    public Caller? Caller => Token?.Caller;

    /// <summary>The token that the request came with; null without one.</summary>
    public GoodToken? Token { get; set; }

    /// <summary>Its place among the requests in hand, until its answer is made.</summary>
    public RequestSlots.Slot? Slot { get; set; }

    /// <summary>What the request has taken of the budget of bytes in flight, until its answer is made.</summary>
    public ByteBudget.Share? Share { get; set; }

    /// <summary>Its turn among those whose bodies have come, until its answer is made.</summary>
    public Turns.Turn? Turn { get; set; }

    /// <summary>The error that was answered; null where none was.</summary>
    public ErrorCode? Code { get; set; }

    /// <summary>How long it only waited for a change: a pull that waits, a stream once it is open.</summary>
    public TimeSpan Waited { get; set; }

    /// <summary>Why the token was refused, for the log; null where it was not.</summary>
    public string? Reason { get; set; }

    /// <inheritdoc/>
    public void Dispose() => Leave();

    /// <summary>The request is no longer in hand: its answer is made.</summary>
    public void Leave()
    {
        Slot?.Dispose();
        Share?.Dispose();
        Turn?.Dispose();
    }
}
