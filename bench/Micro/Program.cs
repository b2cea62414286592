using BenchmarkDotNet.Running;

namespace HeliosSync.Micro;

/// <summary>The program's entry: benchmarks, CPU times, or the allocations that are gated.</summary>
internal static class Program
{
    public static int Main(string[] args)
    {
        switch (args)
        {
            case ["allocations", .. var rest]:
                return Allocations.Run(rest, Console.Out);
            case ["cpu", .. var rest]:
                return CpuTimes.Run(rest, Console.Out);
            default:
                BenchmarkSwitcher.FromTypes(OperationList.Types).Run(args, new MicroConfig());
                return 0;
        }
    }
}
