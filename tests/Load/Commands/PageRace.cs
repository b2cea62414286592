using System.Diagnostics;
using HeliosSync.Load.Clients;
using HeliosSync.Load.Reports;

namespace HeliosSync.Load.Commands;

/// <summary>Times full pages from a journal's beginning against such from its end, in turn, so that noise meets both alike.</summary>
internal sealed class PageRace(LoadRun run, long head)
{
    private const int Entries = 1_000;
    private const int WarmUpRounds = 20;
    private const double RatioMax = 2;

    /// <summary>Prime to the offsets' range: pages begin at ever other places, alike at both ends.</summary>
    private const int Stride = 389;

    public async Task RunAsync(SyncClient client, string when, CancellationToken ct)
    {
        await RunAsync(client, when, base64: true, ct);
        await RunAsync(client, when, base64: false, ct);
    }

    private async Task RunAsync(SyncClient client, string when, bool base64, CancellationToken ct)
    {
        var (beginning, end) = (new List<double>(), new List<double>());
        for (var round = -WarmUpRounds; round < run.Options.Pages; round++)
        {
            var offset = (round + WarmUpRounds) * Stride % (Entries - 1);
            var late = Math.Max(0, head - (2 * Entries)) + offset;
            foreach (var since in round % 2 == 0 ? [offset, late] : new[] { late, offset })
            {
                var begun = Stopwatch.GetTimestamp();
                var answer = (await client.PullAsync(new PullOf(since, Entries, base64), ct)).OrThrow();
                var took = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
                if (round >= 0)
                {
                    (since == late ? end : beginning).Add(took);
                }
                else if (Page.Read(answer.Body) is not { Changes.Count: Entries } page || page.Changes[0].Lsn != since + 1)
                {
                    throw new InvalidDataException($"The page after {since} is not the {Entries} changes after it.");
                }
            }
        }

        var encoding = base64 ? "base64" : "integer arrays";
        var (first, last) = (
            new Measure($"page of {Entries} at the beginning, {when}, {encoding}", "ms", beginning),
            new Measure($"page of {Entries} at the end, {when}, {encoding}", "ms", end));
        run.Report.Add(first);
        run.Report.Add(last);
        var ratio = Math.Max(first.Median / last.Median, last.Median / first.Median);
        run.Limit(
            $"pages of {encoding} from both ends, {when}, take less than {RatioMax} times each other's median",
            ratio < RatioMax,
            $"beginning / end = {Measure.Text(first.Median / last.Median)}");
    }
}
