using System.Diagnostics;
using System.Globalization;
using HeliosSync.Host;
using HeliosSync.Integration.Documentation;

namespace HeliosSync.Integration.Shipping;

/// <summary><c>ops/heliossync.service</c>: what it promises of hardening, and what must go with the server's own settings.</summary>
public sealed class UnitFileTests
{
    private const string Unit = "ops/heliossync.service";

    /// <summary>Tenths of systemd's measure from 0 (safe) to 10 (unsafe).</summary>
    private const string ExposureMax = "20";

    private static readonly ILookup<string, string> Settings = File.ReadLines(Path.Combine(Page.Root, Unit))
        .Where(static l => l.Length > 0 && l[0] is not ('#' or '['))
        .Select(static l => l.Split('=', 2))
        .ToLookup(static l => l[0], static l => l[1]);

    [SystemdFact]
    public async Task Systemd_rates_the_unit_at_2_at_most()
    {
        var (code, text) = await AnalyzeAsync("security", "--offline=true", $"--threshold={ExposureMax}", Path.Combine(Page.Root, Unit));
        Assert.True(code == 0, text);
        Assert.Contains("Overall exposure level", text, StringComparison.Ordinal);
    }

    [SystemdFact]
    public async Task A_unit_without_its_hardening_is_rated_higher()
    {
        var folder = Directory.CreateTempSubdirectory("heliossync-").FullName;
        var bare = Path.Combine(folder, "heliossync.service");
        var lines = await File.ReadAllLinesAsync(Path.Combine(Page.Root, Unit));
        await File.WriteAllLinesAsync(bare, lines
            .Where(static l => !l.StartsWith("Protect", StringComparison.Ordinal) && !l.StartsWith("Restrict", StringComparison.Ordinal)));
        var (code, _) = await AnalyzeAsync("security", "--offline=true", $"--threshold={ExposureMax}", bare);
        Directory.Delete(folder, recursive: true);
        Assert.NotEqual(0, code);
    }

    [SystemdFact]
    public async Task Systemd_understands_every_line_of_the_unit()
    {
        var (_, text) = await AnalyzeAsync("verify", Path.Combine(Page.Root, Unit));
        // The program is not installed where the tests run; of anything else it would say more.
        var said = text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(static l => l.StartsWith("heliossync.service:", StringComparison.Ordinal) || l.Contains(Unit, StringComparison.Ordinal))
            .Where(static l => !l.Contains("is not executable", StringComparison.Ordinal));
        Assert.Empty(said);
    }

    [Fact]
    public void A_stop_has_time_for_the_requests_in_hand_and_for_the_journal()
    {
        var stop = int.Parse(Settings["TimeoutStopSec"].Single(), CultureInfo.InvariantCulture);
        Assert.True(stop >= new HeliosSyncOptions().ShutdownSeconds + 60, $"{stop} s");
        Assert.Equal("SIGTERM", Settings["KillSignal"].Single());
    }

    [Fact]
    public void Open_files_suffice_for_the_connections_that_the_server_takes()
    {
        var files = int.Parse(Settings["LimitNOFILE"].Single(), CultureInfo.InvariantCulture);
        Assert.True(files > new HeliosSyncOptions().ConnectionsMax + 1_000, $"{files}");
    }

    [Fact]
    public void Whatever_the_server_writes_is_in_a_folder_that_systemd_makes_for_it()
    {
        Assert.Contains($"DATA_DIR=/var/lib/{Settings["StateDirectory"].Single()}", Settings["Environment"]);
        Assert.Contains($"DOTNET_BUNDLE_EXTRACT_BASE_DIR=/var/cache/{Settings["CacheDirectory"].Single()}", Settings["Environment"]);
        Assert.DoesNotContain("root", Settings["User"]);
        Assert.Single(Settings["User"]);
        // A secret in the unit itself could be read by everybody on the machine.
        Assert.DoesNotContain(Settings["Environment"], static e => e.Contains("SECRET", StringComparison.Ordinal));
    }

    private static async Task<(int Code, string Text)> AnalyzeAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(SystemdFactAttribute.Program, ["--no-pager", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await error);
    }
}
