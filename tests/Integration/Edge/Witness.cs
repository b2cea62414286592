using System.Collections.Concurrent;
using HeliosSync.Host;
using Microsoft.Extensions.DependencyInjection;

namespace HeliosSync.Integration.Edge;

/// <summary>Whom a server believes to have asked.</summary>
/// <param name="Address">The client's address, by which limits and logs know it.</param>
/// <param name="Scheme">The scheme that the client used.</param>
/// <param name="Host">The host that the client asked for.</param>
internal sealed record Asker(string? Address, string Scheme, string Host);

/// <summary>Remembers of every request of a server whom it believed to have asked.</summary>
internal sealed class Witness : IRequestWatcher
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource<Asker>> _askers = new();

    public void Answered(Exchange exchange, TimeSpan took) => Of(exchange.RequestId).TrySetResult(new Asker(
        exchange.Http.Connection.RemoteIpAddress?.ToString(), exchange.Http.Request.Scheme, exchange.Http.Request.Host.Value ?? ""));

    /// <summary>Puts it among a server's services.</summary>
    public void Join(IServiceCollection services) => services.AddSingleton<IRequestWatcher>(this);

    /// <summary>Asks for health with those headers.</summary>
    public async Task<Asker> AskAsync(HttpClient http, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/sync/health");
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var answer = await http.SendAsync(request);
        Assert.Equal(200, (int)answer.StatusCode);
        return await Of(Assert.Single(answer.Headers.GetValues("X-Request-ID"))).Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    private TaskCompletionSource<Asker> Of(string requestId) =>
        _askers.GetOrAdd(requestId, static _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
}
