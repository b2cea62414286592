using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary><c>GET /health</c>, <c>/health/live</c> and <c>/health/ready</c> (protocol 4.6).</summary>
internal sealed class HealthEndpoint(SyncService service, Settings settings, Answers answers, TimeProvider time)
{
    private readonly long _began = time.GetTimestamp();

    /// <summary>The process answers.</summary>
    public async ValueTask<Refusal?> LiveAsync(Exchange exchange)
    {
        await using var body = answers.Open(exchange, StatusCodes.Status200OK);
        HealthWriter.Write(
            body,
            (long)time.GetElapsedTime(_began).TotalSeconds,
            service.Server.RegisteredClients,
            time.GetUtcNow().ToUnixTimeMilliseconds(),
            settings.UnsafeSynchronousOff);
        return await answers.SendAsync(exchange, body);
    }

    /// <summary>Requests may be sent here: the journal can be written, and the server does not stop.</summary>
    public async ValueTask<Refusal?> ReadyAsync(Exchange exchange)
    {
        if (service.IsStopping)
        {
            return new Refusal(ErrorCode.Overloaded, "The server is stopping.");
        }

        return await service.Server.IsReadyAsync()
            ? await LiveAsync(exchange)
            : new Refusal(ErrorCode.StorageUnavailable, "The journal cannot be written.");
    }
}
