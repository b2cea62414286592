namespace HeliosSync.Simulation;

/// <summary>The long form: runs any number of seeds and says what was seen. Exit code 0: every promise held; 1: one was broken.</summary>
internal static class SimulationProgram
{
    /// <summary>From so many seeds on, everything that happens sometimes must have happened.</summary>
    public const int SeedsForAllSights = 500;

    public static int Run(IReadOnlyList<string> args, TextWriter output)
    {
        if (Options.Parse(args) is not { } options)
        {
            output.WriteLine(Options.Usage);
            return 2;
        }

        if (options.Trace && options.From == options.To)
        {
            using var workshop = new Workshop();
            var result = Simulation.Run.Of(options.From, workshop, output.WriteLine);
            return Conclude(result.Tally, result.Violation is null ? null : result with { LastLines = [] }, output);
        }

        var campaign = new Campaign(
            options.From, options.To, options.Threads, !options.Once, static (seed, workshop) => Simulation.Run.Of(seed, workshop));
        TimeSpan? atMost = options.Minutes is { } minutes ? TimeSpan.FromMinutes(minutes) : null;
        campaign.Run(atMost, TimeSpan.FromSeconds(10), c => output.WriteLine(Summary.Progress(c)));
        return Conclude(campaign.Tally, campaign.Failure, output);
    }

    private static int Conclude(Tally tally, RunResult? failure, TextWriter output)
    {
        foreach (var line in Summary.Of(tally))
        {
            output.WriteLine(line);
        }

        if (failure is not null)
        {
            foreach (var line in Summary.Of(failure))
            {
                output.WriteLine(line);
            }

            return 1;
        }

        if (tally.Runs >= SeedsForAllSights && tally.Unseen().ToList() is { Count: > 0 } unseen)
        {
            output.WriteLine($"VIOLATION of {Oracle.SeenSometimes}: never seen: {string.Join(", ", unseen)}");
            return 1;
        }

        output.WriteLine("violations: 0");
        return 0;
    }
}
