using BenchmarkDotNet.Attributes;
using HeliosSync.Domain;

namespace HeliosSync.Micro;

/// <summary>A push of 100 updates judged, and judged and applied, in a tenant with so many rows.</summary>
public class DecidePush : OperationSet
{
    private LargeTenant _large = null!;
    private long _sequence = 1;

    [Params(10_000, 1_000_000)]
    public int Rows { get; set; }

    /// <summary>That every change was accepted.</summary>
    public override long Expected => 1;

    public override void SetUp() => _large = new LargeTenant(Rows);

    [Benchmark]
    public long Decide()
    {
        var push = _large.Next();
        return AllAccepted(push, _large.Tenant.Decide(push, Journal.NowMicros).Event!);
    }

    [Benchmark]
    public long DecideAndApply()
    {
        var push = _large.Next();
        var pushed = _large.Tenant.Decide(push, Journal.NowMicros).Event!;
        _large.Tenant.Apply(pushed, ++_sequence, bytes: 0);
        return AllAccepted(push, pushed);
    }

    private static long AllAccepted(Push push, Pushed pushed) => pushed.AcceptedCount == push.Changes.Length ? 1 : 0;
}
