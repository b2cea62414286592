namespace HeliosSync.Fuzz.Codec;

/// <summary>
/// Which branches the instrumented code took, how often: a counter for each pair of places that followed each other, in 64 KiB that
/// SharpFuzz's code writes to. How often counts in steps (1, 2, 3, 4, 8, 16, 32, 128), as in AFL.
/// </summary>
internal sealed unsafe class EdgeMap
{
    private const int MapBytes = 65_536;

    private readonly byte[] _seen = new byte[MapBytes];

    /// <summary>Edges seen so far, however often.</summary>
    public int Count { get; private set; }

    private static Span<byte> Map => new(SharpFuzz.Common.Trace.SharedMem, MapBytes);

    /// <summary>Gives instrumented code a map to write to, for as long as the process lives: code that has none fails.</summary>
    public static void Attach() =>
        SharpFuzz.Common.Trace.SharedMem = (byte*)System.Runtime.InteropServices.NativeMemory.AllocZeroed(MapBytes);

    /// <summary>Before each run.</summary>
    public static void Clear()
    {
        Map.Clear();
        SharpFuzz.Common.Trace.PrevLocation = 0;
    }

    /// <summary>Takes over what the run did; whether any of it was new.</summary>
    public bool Take()
    {
        var map = Map;
        var isNew = false;
        for (var at = map.IndexOfAnyExcept((byte)0); at >= 0;)
        {
            var step = (byte)(1 << StepOf(map[at]));
            if ((_seen[at] & step) == 0)
            {
                Count += _seen[at] == 0 ? 1 : 0;
                _seen[at] |= step;
                isNew = true;
            }

            var next = map[(at + 1)..].IndexOfAnyExcept((byte)0);
            at = next < 0 ? -1 : at + 1 + next;
        }

        return isNew;
    }

    private static int StepOf(byte hits) => hits switch
    {
        1 => 0,
        2 => 1,
        3 => 2,
        < 8 => 3,
        < 16 => 4,
        < 32 => 5,
        < 128 => 6,
        _ => 7,
    };
}
