namespace HeliosSync.Fuzz.Codec;

/// <summary>An input that broke its target's oracle.</summary>
internal sealed record Finding(string Target, byte[] Input, Exception Error);

/// <summary>
/// Runs one target: takes an input that led somewhere new, mutates it, and keeps what leads somewhere new again. Without
/// <paramref name="edges"/> it cannot see that, and keeps to the inputs that it began with.
/// </summary>
internal sealed class FuzzLoop(FuzzTarget target, int seed, EdgeMap? edges)
{
    private readonly Random _random = new(seed);
    private readonly List<byte[]> _corpus = [];

    public FuzzTarget Target => target;

    public IReadOnlyList<byte[]> Corpus => _corpus;

    public int Edges => edges?.Count ?? 0;

    public long Executions { get; private set; }

    public long Accepted { get; private set; }

    /// <summary>The input that is running, for whoever waits for its end.</summary>
    public byte[] Running { get; private set; } = [];

    /// <summary>Runs these inputs as they are; all are kept to begin with.</summary>
    public Finding? Begin(IEnumerable<byte[]> inputs)
    {
        foreach (var input in inputs)
        {
            if (Execute(input, out _) is { } finding)
            {
                return finding;
            }

            _corpus.Add(input);
        }

        return null;
    }

    /// <summary>Goes on until that many executions in all, the first finding, or until told to stop.</summary>
    public Finding? Run(long executions, Func<bool> isStopped)
    {
        var mutator = new Mutator(_random, target.Tokens, target.InputBytesMax);
        while (Executions < executions && !isStopped())
        {
            var input = mutator.Mutate(Pick(), _corpus[_random.Next(_corpus.Count)]);
            if (Execute(input, out var isNew) is { } finding)
            {
                return finding;
            }

            if (isNew)
            {
                _corpus.Add(input);
            }
        }

        return null;
    }

    /// <summary>Half of the time one of the newest: that is where nobody has been yet.</summary>
    private byte[] Pick()
    {
        const int Newest = 16;
        var from = _random.Next(2) == 0 ? Math.Max(0, _corpus.Count - Newest) : 0;
        return _corpus[_random.Next(from, _corpus.Count)];
    }

    private Finding? Execute(byte[] input, out bool isNew)
    {
        isNew = false;
        Executions++;
        Running = input;
        if (edges is not null)
        {
            EdgeMap.Clear();
        }

        try
        {
            Accepted += target.Run(input) ? 1 : 0;
        }
#pragma warning disable CA1031 // Whatever it throws is what the fuzzer looks for.
        catch (Exception error)
#pragma warning restore CA1031
        {
            return new Finding(target.Name, input, error);
        }

        isNew = edges?.Take() ?? false;
        return null;
    }
}
