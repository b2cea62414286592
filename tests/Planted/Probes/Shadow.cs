namespace HeliosSync.Planted;

/// <summary>
/// A copy of a suite's output folder, in which assemblies are exchanged for those of a mutant, and where the suite is then run as a
/// process of its own.
/// </summary>
internal sealed class Shadow : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("heliossync-planted-").FullName;
    private readonly string _origin;
    private readonly string _suite;
    private readonly TimeSpan _patience;

    public Shadow(string suite, TimeSpan patience)
    {
        (_suite, _patience) = (suite, patience);
        _origin = SuiteFolders.OutputOf(suite);
        foreach (var file in Directory.EnumerateFiles(_origin, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(_folder, Path.GetRelativePath(_origin, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    private string Program => Path.Combine(_folder, $"HeliosSync.{_suite}.dll");

    /// <summary>Whether the suite runs on that project of <c>src</c>.</summary>
    public bool Holds(string project) => File.Exists(Path.Combine(_folder, Mutant.AssemblyFileOf(project)));

    /// <summary>Runs a probe with these assemblies in the place of the built ones, which stand there again afterwards.</summary>
    public async Task<Finding> RunAsync(Probe probe, IReadOnlyDictionary<string, byte[]> assemblies)
    {
        if (!assemblies.Keys.All(file => File.Exists(Path.Combine(_folder, file))))
        {
            return Finding.OutOfReach;
        }

        foreach (var (file, bytes) in assemblies)
        {
            await File.WriteAllBytesAsync(Path.Combine(_folder, file), bytes);
        }

        try
        {
            return probe.Layer == Layer.Simulation ? await SimulateAsync(probe) : await TestAsync(probe);
        }
        finally
        {
            foreach (var file in assemblies.Keys)
            {
                File.Copy(Path.Combine(_origin, file), Path.Combine(_folder, file), overwrite: true);
            }
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<Finding> TestAsync(Probe probe)
    {
        var results = Path.Combine(_folder, "results.trx");
        File.Delete(results);
        var run = await ChildProcess.RunAsync(
            _folder, _patience, "test", Program, "--filter", probe.Selection, "--logger", "trx;LogFileName=results.trx",
            "--results-directory", _folder);
        return run is null ? Finding.Broken($"no end within {_patience.TotalMinutes} minutes")
            : File.Exists(results) ? TestResults.Read(results)
            : Finding.Broken(run.Value.Output);
    }

    private async Task<Finding> SimulateAsync(Probe probe)
    {
        var run = await ChildProcess.RunAsync(_folder, _patience, "exec", Program, "--seeds", probe.Selection, "--once", "--threads", "1");
        return run is { } ended
            ? SimulationResults.Read(ended.Code, ended.Output)
            : Finding.Broken($"no end within {_patience.TotalMinutes} minutes");
    }
}
