using System.Diagnostics;
using System.Globalization;
using HeliosSync.Load.Reports;
using HeliosSync.Load.Server;

namespace HeliosSync.Load.Compare;

/// <summary>Baseline (b), a bare SQLite writer in a process of its own, which ends with this object. It counts its own CPU time.</summary>
internal sealed class StoreProcess : IDisposable
{
    private readonly string _name;
    private readonly Process _process;
    private readonly List<double> _micros = [];

    /// <param name="folder">Holds <c>events</c>, a file each; the database is made beside it.</param>
    /// <param name="tenants">Tenants that store one event at a time each.</param>
    /// <param name="kind"><c>bare</c>, or <c>keyed</c>: with an index by tenant and number.</param>
    public StoreProcess(string folder, int tenants, string kind)
    {
        _name = $"baseline (b), {kind}";
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "heliossync-baselines"))
        {
            ArgumentList = { "store", folder, tenants.ToString(CultureInfo.InvariantCulture), kind },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        start.Environment["DOTNET_ROOT"] = ServerProcess.RuntimeRoot();
        _process = Process.Start(start)!;
    }

    /// <summary>CPU microseconds for an event stored, in every round.</summary>
    public Measure Micros => new($"{_name}: CPU for each event stored", "µs", _micros);

    /// <summary>Stores for so long; counts it.</summary>
    public async Task RoundAsync(TimeSpan during, CancellationToken ct) => _micros.Add(await StoreAsync(during, ct));

    /// <summary>Stores for so long; gives the microseconds for an event.</summary>
    public async Task<double> StoreAsync(TimeSpan during, CancellationToken ct)
    {
        await _process.StandardInput.WriteLineAsync(during.TotalSeconds.ToString(CultureInfo.InvariantCulture).AsMemory(), ct);
        await _process.StandardInput.FlushAsync(ct);
        var line = await _process.StandardOutput.ReadLineAsync(ct) ?? throw new InvalidOperationException($"{_name} has ended.");
        var numbers = Array.ConvertAll(line.Split(' '), static n => double.Parse(n, CultureInfo.InvariantCulture));
        return numbers is [> 0, var micros] ? micros / numbers[0] : throw new InvalidDataException($"{_name} said: {line}");
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
