using System.Diagnostics;
using System.Globalization;
using HeliosSync.Crash.Checking;
using HeliosSync.Crash.Faults;
using HeliosSync.Crash.History;
using HeliosSync.Load.Engine;

namespace HeliosSync.Crash.Driver;

/// <summary>Injects one kind of fault many times, folder after folder, and stops at the first violation.</summary>
internal sealed class Campaign(Plan plan, TextWriter output, bool live)
{
    private readonly SortedDictionary<FaultKind, int> _faults = [];
    private readonly Figures _figures = new();
    private readonly long _begun = Stopwatch.GetTimestamp();
    private World? _world;
    private int _losingCuts;
    private int _refusedStarts;
    private int _done;

    /// <summary>Runs it to its end, or until it is told to stop.</summary>
    public async Task<Verdict> RunAsync(CancellationToken ct)
    {
        Directory.CreateDirectory(plan.HistoryDir);
        IReadOnlyList<Violation> found = [];
        await using (var progress = new ProgressLine(output, live))
        {
            progress.Begin(Describe);
            for (var folder = 1; _done < plan.Count && found.Count == 0 && !ct.IsCancellationRequested; folder++)
            {
                found = await RunFolderAsync(folder, ct);
            }
        }

        return new Verdict(plan, _faults, _figures, found, _losingCuts, _refusedStarts, Stopwatch.GetElapsedTime(_begun));
    }

    private async Task<IReadOnlyList<Violation>> RunFolderAsync(int folder, CancellationToken ct)
    {
        await using var world = _world = await World.CreateAsync(plan, folder);
        var (findings, kept) = (world.Checker.Findings, false);
        try
        {
            await LiveAsync(world, ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // What was found so far is told.
            world.Check();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            world.History.Add(new Complained(e.ToString()));
            world.Check();
        }
        finally
        {
            _world = null;
            _figures.Add(world.Checker.Figures);
            kept = findings.Count > 0 && !plan.Control;
        }

        if (kept)
        {
            world.KeepEvidence();
            await output.WriteLineAsync($"The evidence: {world.History.Path}");
            return findings.Shown;
        }

        File.Delete(world.History.Path);
        return [];
    }

    private async Task LiveAsync(World world, CancellationToken ct)
    {
        var cycle = new Cycle(world, Count);
        var faults = plan.Control ? 1 : plan.FaultsPerFolder;
        for (var n = 0; n < faults && _done < plan.Count && world.Checker.Findings.Count == 0; n++)
        {
            await cycle.RunAsync(plan.Kind, ct);
        }

        if (plan.Control)
        {
            await CountLossesAsync(world, ct);
        }
        else if (world.Checker.Findings.Count == 0)
        {
            await world.CloseAsync(ct);
        }
    }

    /// <summary>Of the control, one audit after the cut: what it misses is what the checker sees.</summary>
    private async Task CountLossesAsync(World world, CancellationToken ct)
    {
        try
        {
            await using var server = await world.StartAsync(ct);
        }
        catch (InvalidOperationException)
        {
            // The server sees by itself that what it had flushed, as it believed, is gone: all that it was told is out of reach.
            _refusedStarts++;
            world.Check();
            world.Checker.Figures.Lost = world.Checker.Figures.Acknowledged;
        }

        _losingCuts += world.Checker.Figures.Lost > 0 ? 1 : 0;
    }

    private void Count(FaultKind fault)
    {
        lock (_faults)
        {
            _faults[fault] = _faults.GetValueOrDefault(fault) + 1;
            _done += fault == plan.Kind ? 1 : 0;
        }
    }

    private string Describe()
    {
        var now = new Figures();
        now.Add(_figures);
        if (_world is { } world)
        {
            now.Add(world.Checker.Figures);
        }

        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Verdict.NameOf(plan)} {_done}/{plan.Count}: acknowledged {now.Acknowledged:N0}, lost {now.Lost}, doubled {now.Doubled}, "
            + $"open {now.FoundStored} stored {now.FoundAbsent} absent, {Stopwatch.GetElapsedTime(_begun):hh\\:mm\\:ss}");
    }
}
