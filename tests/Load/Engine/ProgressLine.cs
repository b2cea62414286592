namespace HeliosSync.Load.Engine;

/// <summary>
/// Says how a run goes: on a terminal one line that is overwritten every second, elsewhere a line every ten seconds.
/// </summary>
internal sealed class ProgressLine(TextWriter output, bool live) : IAsyncDisposable
{
    private static readonly TimeSpan Live = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Logged = TimeSpan.FromSeconds(10);
    private readonly CancellationTokenSource _done = new();
    private Task _saying = Task.CompletedTask;

    /// <summary>Begins to say, at intervals, what <paramref name="text"/> gives.</summary>
    public void Begin(Func<string> text) => _saying = SayAsync(text);

    public async ValueTask DisposeAsync()
    {
        await _done.CancelAsync();
        await _saying;
        _done.Dispose();
    }

    private async Task SayAsync(Func<string> text)
    {
        using var timer = new PeriodicTimer(live ? Live : Logged);
        try
        {
            while (await timer.WaitForNextTickAsync(_done.Token))
            {
                await output.WriteAsync(live ? $"\r\u001b[2K{text()}" : $"{text()}{Environment.NewLine}");
                await output.FlushAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // The run is over. On a terminal the line goes, and what comes next takes its place.
            await output.WriteAsync(live ? "\r\u001b[2K" : "");
        }
    }
}
