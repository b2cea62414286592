using System.Diagnostics;
using System.Globalization;

namespace HeliosSync.Fuzz.Http;

/// <summary>The long form: <c>http [--minutes N] [--seed N] [--episodes N]</c>.</summary>
internal static class HttpFuzz
{
    private const double MinutesDefault = 10;
    private const int EpisodesPerStorm = 20;
    private const int StormRequests = 500;

    public static async Task<int> RunAsync(IReadOnlyList<string> args, TextWriter output, CancellationToken ct)
    {
        if (!TryParse(args, out var minutes, out var seed, out var episodes))
        {
            await output.WriteLineAsync("http [--minutes N] [--seed N] [--episodes N]");
            return Program.Misused;
        }

        using var until = CancellationTokenSource.CreateLinkedTokenSource(ct);
        until.CancelAfter(TimeSpan.FromMinutes(minutes));
        // To see one failure again, no memory has to be watched.
        var run = new FuzzRun(seed, episodes, EpisodesPerStorm, episodes == long.MaxValue ? StormRequests : 0);
        var began = Stopwatch.GetTimestamp();
        await output.WriteLineAsync($"seed {seed}");
        using var ticks = new PeriodicTimer(TimeSpan.FromSeconds(10));
        var work = run.RunAsync(until.Token);
        var progress = ProgressAsync();
        try
        {
            await work;
        }
        catch (FuzzFailure e)
        {
            await ReportAsync(output, run.Stats);
            await output.WriteLineAsync($"FAILED{Environment.NewLine}{e.Message}");
            return 1;
        }
        finally
        {
            ticks.Dispose();
            await progress;
        }

        await ReportAsync(output, run.Stats);
        var took = Stopwatch.GetElapsedTime(began);
        await output.WriteLineAsync(
            $"PASSED {run.Stats.Episodes} episodes, {run.Stats.Answers:N0} answers, 0 findings in {took:hh\\:mm\\:ss}");
        return 0;

        async Task ProgressAsync()
        {
            while (await ticks.WaitForNextTickAsync(CancellationToken.None))
            {
                await output.WriteLineAsync(
                    $"{Stopwatch.GetElapsedTime(began):hh\\:mm\\:ss} {run.Stats.Episodes} episodes, "
                    + $"{run.Stats.Answers:N0} answers, 0 findings");
            }
        }
    }

    private static async Task ReportAsync(TextWriter output, FuzzStats stats)
    {
        foreach (var (answer, count) in stats.ByAnswer)
        {
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{count,10:N0} {answer}"));
        }

        var memory = stats.Memory;
        foreach (var at in memory)
        {
            await output.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"memory after {at.Answers:N0} answers: heap {at.HeapBytes:N0}, resident {at.ResidentBytes:N0}, storm {at.StormBytes:N0}"));
        }

        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"""
            heap slope {MemoryWatch.Slope(memory, static c => c.HeapBytes):N0} bytes, resident slope {MemoryWatch.Slope(
                memory, static c => c.ResidentBytes):N0} bytes for 1,000 answers (second half)
            a refused request left {MemoryWatch.BytesPerRefusal(memory):N1} bytes in a live server
            """));
    }

    private static bool TryParse(IReadOnlyList<string> args, out double minutes, out int seed, out long episodes)
    {
        (minutes, seed, episodes) = (MinutesDefault, Environment.TickCount & 0xfffffff, long.MaxValue);
        for (var i = 0; i < args.Count; i += 2)
        {
            var value = i + 1 < args.Count ? args[i + 1] : "";
            var holds = args[i] switch
            {
                "--minutes" => double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out minutes) && minutes > 0,
                "--seed" => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out seed),
                "--episodes" => long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out episodes) && episodes > 0,
                _ => false,
            };
            if (!holds)
            {
                return false;
            }
        }

        return true;
    }
}
