using System.Diagnostics;
using System.Text.Json;

namespace HeliosSync.Load.Watch;

/// <summary>
/// Both kinds of health, asked all the time by a process of its own (<see cref="ProbeProgram"/>), which ends with this object.
/// </summary>
internal sealed class HealthProbes : IDisposable
{
    private readonly Process _process;

    private HealthProbes(Process process) => _process = process;

    /// <summary>Begins to ask.</summary>
    public static HealthProbes Start(Uri server)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "HeliosSync.Load"))
        {
            ArgumentList = { ProbeProgram.Name, server.AbsoluteUri, "health/live", "health/ready" },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        return new HealthProbes(Process.Start(start)!);
    }

    /// <summary>What was found since the last call.</summary>
    public async Task<(HealthFound Live, HealthFound Ready)> CutAsync(CancellationToken ct)
    {
        await _process.StandardInput.WriteLineAsync("cut".AsMemory(), ct);
        await _process.StandardInput.FlushAsync(ct);
        var line = await _process.StandardOutput.ReadLineAsync(ct) ?? throw new InvalidOperationException("The prober has ended.");
        return JsonSerializer.Deserialize<HealthFound[]>(line) is [var live, var ready]
            ? (live, ready)
            : throw new InvalidOperationException($"The prober said: {line}");
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
