using System.Globalization;

namespace HeliosSync.Micro;

/// <summary>
/// The command <c>cpu</c>: CPU time (user and system, of all threads of the process) for each operation whose class and method contain all
/// given texts. On a machine that others use too it is steadier than the wall-clock times of BenchmarkDotNet.
/// </summary>
internal static class CpuTimes
{
    private const int Rounds = 5;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(0.4);

    /// <summary>Runs the command.</summary>
    public static int Run(IReadOnlyList<string> args, TextWriter output)
    {
        output.WriteLine($"{"CPU µs, least of the rounds",-52}{"median",12}");
        foreach (var operation in OperationList.All(args))
        {
            Spend(operation, WarmUp);
            var rounds = Enumerable.Range(0, Rounds).Select(_ => Spend(operation, Round)).Order().ToArray();
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{operation.Name,-40}{rounds[0],12:n2}{rounds[Rounds / 2],12:n2}"));
        }

        return 0;
    }

    /// <summary>Does it until so much CPU time is spent; gives microseconds for each time.</summary>
    private static double Spend(MicroOperation operation, TimeSpan budget)
    {
        var start = Environment.CpuUsage.TotalTime;
        for (var (done, batch) = (0L, 1L); ; batch *= 2)
        {
            for (var i = 0L; i < batch; i++)
            {
                operation.Run();
            }

            done += batch;
            if (Environment.CpuUsage.TotalTime - start is var spent && spent >= budget)
            {
                return spent.TotalMicroseconds / done;
            }
        }
    }
}
