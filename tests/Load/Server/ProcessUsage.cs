using System.Globalization;

namespace HeliosSync.Load.Server;

/// <summary>What a process has used, as Linux counts it.</summary>
/// <param name="Cpu">User and system time of all its threads, in steps of 10 ms.</param>
/// <param name="ResidentBytes">Memory that it has in RAM, files it maps included.</param>
/// <param name="PeakResidentBytes">The most that it ever had.</param>
public readonly record struct ProcessUsage(TimeSpan Cpu, long ResidentBytes, long PeakResidentBytes)
{
    /// <summary>The kernel's unit of time in <c>/proc</c>, the same on every Linux that .NET runs on.</summary>
    private const double TicksPerSecond = 100;

    private const int UserField = 11;
    private const int SystemField = 12;

    /// <summary>Reads it; the process must still run.</summary>
    public static ProcessUsage Of(int processId)
    {
        var stat = File.ReadAllText($"/proc/{processId}/stat");
        // The second field is the program's name in brackets, which may hold anything; what follows its last bracket is numbers.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        var ticks = Number(fields[UserField]) + Number(fields[SystemField]);
        var status = File.ReadAllLines($"/proc/{processId}/status");
        return new ProcessUsage(TimeSpan.FromSeconds(ticks / TicksPerSecond), Kilobytes(status, "VmRSS:"), Kilobytes(status, "VmHWM:"));
    }

    /// <summary>Whether each of its threads stands still after a SIGSTOP.</summary>
    public static bool IsStopped(int processId)
    {
        try
        {
            return Directory.GetDirectories($"/proc/{processId}/task").All(static task => StateOf(Path.Combine(task, "stat")) == 'T');
        }
        catch (IOException)
        {
            // A thread ended between the two looks: look again.
            return false;
        }
    }

    private static char StateOf(string file)
    {
        var stat = File.ReadAllText(file);
        return stat[stat.LastIndexOf(')') + 2];
    }

    private static long Kilobytes(string[] status, string name)
    {
        var line = status.First(l => l.StartsWith(name, StringComparison.Ordinal));
        return Number(line[name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim()) * 1_024;
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
