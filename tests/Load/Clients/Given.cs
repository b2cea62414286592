using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace HeliosSync.Load.Clients;

/// <summary>
/// What clients of one tenant were given, LSN by LSN: the same change to everybody and every time, or it is a contradiction. Thread-safe.
/// </summary>
internal sealed class Given
{
    private const int ContradictionsKept = 10;
    private readonly Lock _lock = new();
    private readonly List<string> _contradictions = [];
    private readonly Dictionary<UInt128, PageExtent> _pages = [];

    /// <summary>At each LSN a digest of the change; 0 where none was given.</summary>
    private ulong[] _at = new ulong[1_024];

    /// <summary>Changes that were given in pages, each as often as it was.</summary>
    public long Changes { get; private set; }

    /// <summary>The highest LSN that was given.</summary>
    public long Highest { get; private set; }

    /// <summary>What cannot both be true.</summary>
    public IReadOnlyList<string> Contradictions => _contradictions;

    /// <summary>
    /// Takes a page: what stands around its changes, and from where to where these go. Changes that came before, byte by byte as they
    /// come now, are not read again: reading a page takes a client many times longer than making it takes a server.
    /// </summary>
    public (Page Page, PageExtent Extent) Take(byte[] body)
    {
        var changes = ChangesOf(body);
        var digest = XxHash128.HashToUInt128(body.AsSpan(changes));
        PageExtent extent;
        bool known;
        lock (_lock)
        {
            known = _pages.TryGetValue(digest, out extent);
        }

        var page = Page.Read(known ? Without(body, changes) : body);
        if (!known)
        {
            extent = page.Changes is [var first, ..] and [.., var last] ? new PageExtent(page.Changes.Count, first.Lsn, last.Lsn) : default;
            foreach (var change in page.Changes)
            {
                Note(change);
            }
        }

        lock (_lock)
        {
            _pages[digest] = extent;
            Changes += extent.Changes;
        }

        return (page, extent);
    }

    /// <summary>Notes a change that somebody was given.</summary>
    public void Note(PulledChange change)
    {
        var digest = Digest(change);
        lock (_lock)
        {
            if (change.Lsn >= _at.LongLength)
            {
                Array.Resize(ref _at, (int)Math.Max(change.Lsn + 1, _at.LongLength * 2));
            }

            if (_at[change.Lsn] != 0 && _at[change.Lsn] != digest && _contradictions.Count < ContradictionsKept)
            {
                _contradictions.Add($"LSN {change.Lsn} was given with different contents");
            }

            _at[change.Lsn] = digest;
            Highest = Math.Max(Highest, change.Lsn);
        }
    }

    private static ulong Digest(PulledChange change)
    {
        var hash = new XxHash3();
        Span<byte> numbers = stackalloc byte[3 * sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(numbers, change.Lsn);
        BinaryPrimitives.WriteInt64LittleEndian(numbers[sizeof(long)..], change.AuthorLsn);
        BinaryPrimitives.WriteInt64LittleEndian(numbers[(2 * sizeof(long))..], change.Checksum);
        hash.Append(numbers);
        hash.Append(Encoding.UTF8.GetBytes($"{change.Author} {change.Table} {change.Operation} {change.Key.Length} "));
        hash.Append(change.Key);
        hash.Append(change.Data);
        return hash.GetCurrentHashAsUInt64();
    }

    /// <summary>Where, in a page, the changes stand. Nothing else in one looks like what is around them.</summary>
    private static Range ChangesOf(ReadOnlySpan<byte> body)
    {
        var before = "\"changes\":["u8;
        var (start, end) = (body.IndexOf(before) + before.Length, body.LastIndexOf("],\"server_lsn\""u8));
        return start >= before.Length && end >= start ? start..end : throw new InvalidDataException("That is no page.");
    }

    private static byte[] Without(byte[] body, Range changes) => [.. body[..changes.Start], .. body[changes.End..]];
}

/// <summary>Which changes a page holds; they stand without a gap (protocol 1).</summary>
/// <param name="Changes">How many.</param>
/// <param name="First">The first one's LSN; 0 where there is none.</param>
/// <param name="Last">The last one's.</param>
internal readonly record struct PageExtent(int Changes, long First, long Last);
