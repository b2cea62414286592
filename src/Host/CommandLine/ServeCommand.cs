using System.Net.Sockets;

namespace HeliosSync.Host;

/// <summary><c>heliossync serve</c>: runs until it is told to stop.</summary>
internal sealed class ServeCommand(TextWriter output, Func<WebApplicationBuilder> builder)
{
    /// <summary>Exit code where the actor system ended by itself.</summary>
    private const int Ended = 1;

    public async Task<int> RunAsync(CancellationToken ct)
    {
        await using var app = ServerProgram.Build(builder());
        var settings = app.Services.GetRequiredService<Settings>();
        try
        {
            await app.StartAsync(ct);
        }
        catch (IOException e) when (StartFailure.OfListening(e, settings) is { } listening)
        {
            throw listening;
        }
        catch (SocketException e) when (StartFailure.OfListening(e, settings) is { } listening)
        {
            throw listening;
        }

        if (settings.Development)
        {
            await Welcome.WriteAsync(output, settings, app.Urls.First(), app.Services.GetRequiredService<TokenMint>());
        }

        await app.WaitForShutdownAsync(ct);
        return app.Services.GetRequiredService<SyncService>().EndedByItself ? Ended : 0;
    }
}
