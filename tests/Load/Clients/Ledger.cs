namespace HeliosSync.Load.Clients;

/// <summary>What the clients of one tenant believe: which of their changes stands at which LSN. Thread-safe.</summary>
internal sealed class Ledger
{
    private const int LocalBits = 40;
    private const long LocalMask = (1L << LocalBits) - 1;
    private readonly Lock _lock = new();
    private readonly List<string> _contradictions = [];

    /// <summary>At each LSN, client + 1 and local number; 0 where nobody was told of one.</summary>
    private long[] _at = new long[1_024];

    /// <summary>Changes that were acknowledged.</summary>
    public long Count { get; private set; }

    /// <summary>Acknowledgements that cannot both be true.</summary>
    public IReadOnlyList<string> Contradictions => _contradictions;

    /// <summary>Notes that the server acknowledged a client's change and gave it that LSN.</summary>
    public void Note(int client, long localLsn, long lsn)
    {
        lock (_lock)
        {
            if (lsn < 1 || lsn >= Array.MaxLength)
            {
                _contradictions.Add($"{Rows.ClientOf(client)} was told that its change {localLsn} has LSN {lsn}");
                return;
            }

            if (lsn >= _at.LongLength)
            {
                Array.Resize(ref _at, (int)Math.Min(Math.Max(lsn + 1, _at.LongLength * 2), Array.MaxLength));
            }

            if (_at[lsn] != 0)
            {
                _contradictions.Add($"LSN {lsn} was given to {Describe(_at[lsn])} and to {Rows.ClientOf(client)}'s change {localLsn}");
                return;
            }

            _at[lsn] = ((client + 1L) << LocalBits) + localLsn;
            Count++;
        }
    }

    /// <summary>Whose change stands there, as far as clients were told.</summary>
    public bool TryFind(long lsn, out int client, out long localLsn)
    {
        var entry = lsn > 0 && lsn < _at.LongLength ? _at[lsn] : 0;
        (client, localLsn) = ((int)(entry >> LocalBits) - 1, entry & LocalMask);
        return entry != 0;
    }

    private static string Describe(long entry) => $"{Rows.ClientOf((int)(entry >> LocalBits) - 1)}'s change {entry & LocalMask}";
}
