using BenchmarkDotNet.Attributes;

namespace HeliosSync.Micro;

/// <summary>
/// A class of benchmarks that all come to the same result by different ways: each method marked <c>[Benchmark]</c> is one operation, for
/// BenchmarkDotNet and for the gate on allocations alike. An operation can be repeated without end.
/// </summary>
public abstract class OperationSet
{
    /// <summary>What every operation of the set gives back, found out by other means than theirs.</summary>
    public abstract long Expected { get; }

    /// <summary>Makes what the operations work on: the same every time.</summary>
    [GlobalSetup]
    public abstract void SetUp();
}
