namespace HeliosSync.Integration.Edge;

/// <summary>Waits for what a timer of the server, or another program, brings about.</summary>
internal static class Waiting
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Looks again and again until it is so; fails where it never is.</summary>
    public static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var looks = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!await isSo())
        {
            Assert.True(await looks.WaitForNextTickAsync(patience.Token));
        }
    }

    /// <summary>The log's lines with that text, once there are so many.</summary>
    public static async Task<IReadOnlyList<string>> LinesAsync(this LogLines log, string text, int count = 1)
    {
        string[] Found() => [.. log.Lines.Where(l => l.Contains(text, StringComparison.Ordinal))];
        await UntilAsync(() => Task.FromResult(Found().Length >= count));
        return Found();
    }
}
