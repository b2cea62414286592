namespace HeliosSync.Fuzz.Http;

/// <summary>Runs episodes against one server, and looks at its memory between them.</summary>
internal sealed class FuzzRun(int seed, long episodesMax, int episodesPerStorm, int stormRequests)
{
    private const int StormRounds = 3;

    private readonly Tokens _tokens = new();

    public FuzzStats Stats { get; } = new();

    /// <summary>
    /// Runs until all episodes are done or time is up, and throws <see cref="FuzzFailure"/> at the first finding. Each episode has the
    /// seed after the one before.
    /// </summary>
    public async Task RunAsync(CancellationToken until)
    {
        await using var server = await FuzzServer.StartAsync(_tokens);
        while (Stats.Episodes < episodesMax && !until.IsCancellationRequested)
        {
            for (var i = 0; i < episodesPerStorm && Stats.Episodes < episodesMax && !until.IsCancellationRequested; i++)
            {
                await EpisodeAsync(server, until);
            }

            if (stormRequests > 0)
            {
                await StormAsync(server);
            }
        }

        if (MemoryWatch.Judge(Stats.Memory) is { } grown)
        {
            throw new FuzzFailure(grown);
        }
    }

    private async Task EpisodeAsync(FuzzServer server, CancellationToken until)
    {
        var own = NextSeed();
        await using var episode = new Episode(server, Stats, own);
        try
        {
            await episode.RunAsync(until);
        }
        catch (Exception e) when (e is not FuzzFailure)
        {
            throw new FuzzFailure($"In the episode of --seed {own} --episodes 1: {e}");
        }
    }

    /// <summary>Some rounds of refused requests, of which the one counts that left neither the least nor the most.</summary>
    private async Task StormAsync(FuzzServer server)
    {
        await using var episode = new Episode(server, Stats, NextSeed());
        await episode.RunAsync(CancellationToken.None);
        await episode.StormAsync(stormRequests);
        var before = MemoryWatch.Heap();
        var left = new List<long>();
        for (var round = 0; round < StormRounds; round++)
        {
            await episode.StormAsync(stormRequests);
            var after = MemoryWatch.Heap();
            left.Add(after - before);
            before = after;
        }

        left.Sort();
        Stats.Memory.Add(new Checkpoint(Stats.Answers, before, Environment.WorkingSet, left[StormRounds / 2], stormRequests));
    }

    private int NextSeed() => seed + (int)Stats.Episodes++;
}
