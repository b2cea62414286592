namespace HeliosSync.Simulation;

/// <summary>What happened, as a hash over all of it and as the last lines. Two runs of one seed must have the same hash.</summary>
internal sealed class Trace(Action<string>? listener = null)
{
    private const int LinesKept = 60;

    private readonly string[] _lines = new string[LinesKept];
    private long _count;

    public ulong Hash { get; private set; } = 14_695_981_039_346_656_037;

    public void Add(long micros, string line)
    {
        Mix((ulong)micros);
        foreach (var c in line)
        {
            Hash = (Hash ^ c) * 1_099_511_628_211;
        }

        var stamped = $"{micros / 1_000_000.0,12:F6}  {line}";
        _lines[_count++ % LinesKept] = stamped;
        listener?.Invoke(stamped);
    }

    public void Mix(ReadOnlySpan<byte> bytes) => Mix(System.IO.Hashing.XxHash3.HashToUInt64(bytes));

    public IEnumerable<string> Last()
    {
        for (var at = Math.Max(0, _count - LinesKept); at < _count; at++)
        {
            yield return _lines[at % LinesKept];
        }
    }

    private void Mix(ulong value) => Hash = (Hash ^ value) * 1_099_511_628_211;
}
