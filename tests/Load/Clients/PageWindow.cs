using System.Globalization;
using HeliosSync.Load.Engine;

namespace HeliosSync.Load.Clients;

/// <summary>Clients that pull the same stretch of a journal again and again, each page by page.</summary>
/// <param name="clients">One for each copy.</param>
/// <param name="given">What they are given.</param>
/// <param name="from">The first page follows that LSN.</param>
/// <param name="to">The last page reaches that LSN.</param>
internal sealed class PageWindow(IReadOnlyList<SyncClient> clients, Given given, long from, long to)
{
    private readonly Puller[] _pullers = [.. clients.Select(c => new Puller(c, given, base64: false) { Position = from })];

    public Task<StepResult> PullPageAsync(int client, CancellationToken ct)
    {
        var puller = _pullers[client];
        puller.Position = puller.Position >= to ? from : puller.Position;
        return puller.PullPageAsync(ct);
    }

    /// <summary>Keeps every page of the stretch as a file, named by the LSN that it follows.</summary>
    public async Task CaptureAsync(string folder, CancellationToken ct)
    {
        Directory.CreateDirectory(folder);
        for (var since = from; since < to;)
        {
            var answer = (await clients[0].PullAsync(new PullOf(since, Puller.Entries, Base64: false), ct)).OrThrow();
            await File.WriteAllBytesAsync(Path.Combine(folder, since.ToString(CultureInfo.InvariantCulture)), answer.Body, ct);
            since = given.Take(answer.Body).Page.ServerLsn;
        }
    }
}
