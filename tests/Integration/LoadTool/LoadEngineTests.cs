using System.Collections.Concurrent;
using System.Diagnostics;
using HeliosSync.Load.Engine;
using HeliosSync.Load.Reports;

namespace HeliosSync.Integration.LoadTool;

/// <summary>The load engine: what it counts, and what it makes of it.</summary>
public sealed class LoadEngineTests
{
    private static readonly TimeSpan Blink = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task Shared_iterations_are_run_exactly_so_often_and_no_copy_runs_two_steps_at_once()
    {
        var running = new int[4];
        var overlaps = 0;
        var stats = await RunAsync(LoadSimulation.IterationsForConstant(4, 101), async step =>
        {
            overlaps += Interlocked.Increment(ref running[step.Copy]) - 1;
            await Task.Yield();
            Interlocked.Decrement(ref running[step.Copy]);
            return StepResult.Ok(2, 3);
        });
        Assert.Equal((101, 0, 202, 303), (stats.Ok, stats.Failed, stats.Items, stats.Bytes));
        Assert.Equal(0, overlaps);
    }

    [Fact]
    public async Task Injected_steps_are_as_many_as_fall_due_however_slow_they_are()
    {
        var copies = new ConcurrentDictionary<int, bool>();
        var stats = await RunAsync(LoadSimulation.Inject(1_000, Blink, copiesMax: 3), async step =>
        {
            copies[step.Copy] = true;
            await Task.Yield();
            return StepResult.Ok(1, 0);
        });
        Assert.Equal(50, stats.Ok);
        Assert.All(copies.Keys, static copy => Assert.InRange(copy, 0, 2));
    }

    /// <summary>The first step holds the only copy until long after all others were due: they waited, and their latency says so.</summary>
    [Fact]
    public async Task The_latency_of_an_injected_step_counts_from_when_it_was_due()
    {
        var first = true;
        var stats = await RunAsync(LoadSimulation.Inject(1_000, Blink, copiesMax: 1), async _ =>
        {
            var begun = Stopwatch.GetTimestamp();
            while (first && Stopwatch.GetElapsedTime(begun) < 4 * Blink)
            {
                await Task.Yield();
            }

            first = false;
            return StepResult.Ok(1, 0);
        });
        Assert.True(stats.Latency.P50 >= 2 * Blink.TotalMilliseconds, $"half of the steps took at most {stats.Latency.P50} ms");
    }

    [Fact]
    public async Task A_constant_load_runs_its_time_and_the_warm_up_does_not_count()
    {
        var phases = new List<RunPhase>();
        var steps = 0L;
        var scenario = new Scenario
        {
            Name = "constant",
            Run = async _ =>
            {
                await Task.Yield();
                return Interlocked.Increment(ref steps) % 10 == 0 ? StepResult.Fail("TENTH") : StepResult.Ok(1, 1);
            },
            WarmUp = Blink,
            Simulations = [LoadSimulation.KeepConstant(2, Blink), LoadSimulation.KeepConstant(3, Blink)],
            Thresholds = [Threshold.NoFailures],
        };
        var warmUpSteps = 0L;
        var stats = await new ScenarioRunner(scenario, TextWriter.Null, live: false).RunAsync(
            phase =>
            {
                warmUpSteps = phase == RunPhase.Measuring && warmUpSteps == 0 ? Interlocked.Read(ref steps) : warmUpSteps;
                phases.Add(phase);
            },
            CancellationToken.None);
        Assert.Equal([RunPhase.Init, RunPhase.WarmUp, RunPhase.Measuring, RunPhase.Measuring, RunPhase.Clean], phases);
        Assert.True(warmUpSteps > 0);
        Assert.Equal(steps - warmUpSteps, stats.Ok + stats.Failed);
        Assert.True(stats.During >= 2 * Blink);
        Assert.Equal(stats.Failed, stats.Errors["TENTH"]);
    }

    [Fact]
    public void A_threshold_that_does_not_hold_fails_the_report_and_a_report_that_checked_nothing_has_not_passed()
    {
        var good = new ScenarioStats("s", Blink, 1, 0, 1, 1, default, new Dictionary<string, long>());
        var report = new Report("report");
        Assert.False(report.Passed);
        report.Add(good, [Threshold.NoFailures]);
        Assert.True(report.Passed);
        report.Add(good with { Failed = 1 }, [Threshold.NoFailures]);
        Assert.False(report.Passed);
        Assert.Contains("**FAILS**", report.Markdown(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Seconds_add_up_to_the_whole_parts_count_for_themselves_and_a_distribution_rises()
    {
        var stats = await RunAsync(LoadSimulation.IterationsForConstant(4, 100), static async step =>
        {
            var push = await step.PartAsync("push", static () => Task.FromResult(StepResult.Ok(2, 3)));
            var pull = await step.PartAsync("pull", () => Task.FromResult(step.Copy == 0 ? StepResult.Fail("NO") : StepResult.Ok(5, 7)));
            await Task.Yield();
            return push.Then(pull);
        });
        Assert.Equal((stats.Ok, stats.Failed), (stats.Timeline.Sum(static i => i.Ok), stats.Timeline.Sum(static i => i.Failed)));
        Assert.Equal(stats.Ok * 7, stats.Items);
        Assert.Equal(["test: pull", "test: push"], stats.Parts.Select(static p => p.Name));
        Assert.Equal((stats.Ok, stats.Failed), (stats.Parts[0].Ok, stats.Parts[0].Failed));
        Assert.Equal((100, 200), (stats.Parts[1].Ok, stats.Parts[1].Items));
        Assert.Equal(stats.Distribution.Select(static d => d.Millis).Order(), stats.Distribution.Select(static d => d.Millis));
        Assert.All(stats.Distribution, d => Assert.True((100 - d.Percentile) / 100 * stats.Ok >= 1 || d.Percentile == 0));
    }

    [Fact]
    public async Task A_load_that_comes_once_runs_one_step_of_each_copy()
    {
        var copies = new ConcurrentBag<int>();
        var stats = await RunAsync(LoadSimulation.Once(50), async step =>
        {
            await Task.Yield();
            copies.Add(step.Copy);
            return StepResult.Ok(1, 1);
        });
        Assert.Equal(50, stats.Ok);
        Assert.Equal(Enumerable.Range(0, 50), copies.Order());
    }

    [Theory]
    [InlineData(1.9, "at most", true)]
    [InlineData(2.1, "at most", false)]
    [InlineData(1.9, "at least", false)]
    [InlineData(2.1, "at least", true)]
    public void A_target_is_judged_by_the_median_and_a_missed_one_is_told(double median, string kind, bool reached)
    {
        var goal = new Goal(new Measure("cost", "ms", [0, median, 9]), kind, 2);
        Assert.Equal(reached, goal.Reached);
        Assert.Equal(reached, goal.AsCheck()!.Holds);
        var report = new Report("report");
        report.Add("Costs", [goal, new Goal(Measure.Of("other", "", 1))]);
        Assert.Contains(reached ? "| reached |" : "| **missed** |", report.Markdown(), StringComparison.Ordinal);
        Assert.Contains(reached ? ">reached" : ">missed", HtmlPage.Of(report), StringComparison.Ordinal);
        Assert.False(report.Passed);
    }

    [Fact]
    public void A_ratio_is_of_samples_of_the_same_round()
    {
        var (above, below) = (new Measure("a", "", [4, 9, 10]), new Measure("b", "", [2, 3, 5]));
        Assert.Equal([2, 3, 2], Measure.Ratio("r", above, below).Samples);
        Assert.Equal([6, 12, 15], Measure.Sum("s", above, below).Samples);
    }

    [Fact]
    public void The_page_for_a_browser_needs_no_other_file_and_shows_every_scenario()
    {
        var report = new Report("<title>");
        var second = new Interval(0, 1, 0, 1, new Latency(1, 2, 3, 4));
        report.Add(
            new ScenarioStats("one & only", Blink, 1, 0, 1, 1, second.Latency, new Dictionary<string, long>())
            {
                Timeline = [second, second with { Second = 1 }],
                Distribution = [(0, 1), (50, 2)],
            },
            [Threshold.NoFailures]);
        report.Add(new Measure("figure", "ms", [1, 2]));
        var page = HtmlPage.Of(report);
        Assert.Equal(3, page.Split("<polyline class=\"a\"").Length - 1);
        Assert.Equal(2, page.Split("<circle").Length - 1);
        Assert.Contains("one &amp; only", page, StringComparison.Ordinal);
        Assert.Contains("&lt;title&gt;", page, StringComparison.Ordinal);
        Assert.DoesNotContain("http", page, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2.0, 3.0, 1.0, 2.0)]
    [InlineData(2.5, 4.0, 1.0, 3.0, 2.0)]
    [InlineData(7.0, 7.0)]
    public void The_median_is_the_middle_or_between_the_two_middle_ones(double median, params double[] samples) =>
        Assert.Equal(median, new Measure("m", "", samples).Median);

    [Fact]
    public void A_trend_is_the_line_through_its_points_and_flat_where_there_is_none()
    {
        Assert.Equal(new Trend(2, 1), Trend.Of([(0, 1), (1, 3), (2, 5)]));
        Assert.Equal(new Trend(0.5, 0.5), Trend.Of([(0, 0), (1, 2), (2, 1)]));
        Assert.Equal(new Trend(0, 4), Trend.Of([(1, 4)]));
        Assert.Equal(default, Trend.Of([]));
    }

    [Fact]
    public async Task An_injected_step_that_fails_by_mistake_ends_the_run()
    {
        var run = RunAsync(LoadSimulation.Inject(1_000, Blink, copiesMax: 2), static _ => throw new InvalidDataException("a mistake"));
        var thrown = await Assert.ThrowsAnyAsync<Exception>(() => run);
        Assert.IsType<InvalidDataException>(thrown.InnerException ?? thrown);
    }

    private static Task<ScenarioStats> RunAsync(LoadSimulation simulation, Func<StepContext, Task<StepResult>> step)
    {
        var scenario = new Scenario { Name = "test", Run = step, Simulations = [simulation] };
        return new ScenarioRunner(scenario, TextWriter.Null, live: false).RunAsync(null, CancellationToken.None);
    }
}
