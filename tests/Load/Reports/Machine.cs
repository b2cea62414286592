using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace HeliosSync.Load.Reports;

/// <summary>What a run ran on: a figure without it says nothing.</summary>
internal static class Machine
{
    private const int FlushSamples = 50;
    private const int FlushBytes = 4_096;

    /// <summary>Names and values, for a report's head.</summary>
    public static IEnumerable<(string Name, string Value)> Describe(string dataDir)
    {
        yield return ("processor", $"{Processor()}, {Environment.ProcessorCount} cores");
        yield return ("memory", $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 20:N0} MiB");
        yield return ("system", RuntimeInformation.OSDescription);
        yield return ("runtime", $"{RuntimeInformation.FrameworkDescription}, {Build} build");
        yield return ("data folder", new DriveInfo(dataDir).DriveFormat);
    }

    /// <summary>The run queue over the last minute: above the number of cores, others wanted the machine too.</summary>
    public static double LoadAverage() => File.Exists("/proc/loadavg")
        ? double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture)
        : 0;

    /// <summary>Milliseconds of one small durable write to the folder: what no durable push can be faster than.</summary>
    public static Measure Flushes(string dataDir)
    {
        var path = Path.Combine(dataDir, "flush-sample");
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        var samples = new double[FlushSamples];
        for (var i = 0; i < samples.Length; i++)
        {
            var begun = Stopwatch.GetTimestamp();
            file.Write(new byte[FlushBytes]);
            file.Flush(flushToDisk: true);
            samples[i] = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
        }

        return new Measure("write and fsync of 4 KiB in the data folder", "ms", samples);
    }

    private static string Build =>
#if DEBUG
        "Debug";
#else
        "Release";
#endif

    private static string Processor() => File.Exists("/proc/cpuinfo")
        && File.ReadLines("/proc/cpuinfo").FirstOrDefault(static l => l.StartsWith("model name", StringComparison.Ordinal)) is { } line
            ? line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()
            : RuntimeInformation.ProcessArchitecture.ToString();
}
