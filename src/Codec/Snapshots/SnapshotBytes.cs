using System.Runtime.InteropServices;

namespace HeliosSync.Codec;

/// <summary>
/// A snapshot as it is stored, in pieces outside of the collector's memory: of a large tenant they are tens of megabytes, which the pool of
/// arrays, or a collection that does not come, would keep for nobody. To be disposed; one thread at a time.
/// </summary>
public sealed class SnapshotBytes : IDisposable
{
    private const int CopyBytes = 64 * 1_024;

    private readonly List<(nint Bytes, int Length)> _pieces = [];
    private byte[] _head = [];

    internal SnapshotBytes()
    {
    }

    /// <summary>How many bytes there are.</summary>
    public long Length => _head.Length + _pieces.Sum(static piece => (long)piece.Length);

    /// <summary>Writes all of them, from the first on.</summary>
    public void CopyTo(Stream to)
    {
        ArgumentNullException.ThrowIfNull(to);
        to.Write(_head);
        var copy = new byte[CopyBytes];
        foreach (var (bytes, length) in _pieces)
        {
            for (var at = 0; at < length; at += CopyBytes)
            {
                var part = Math.Min(CopyBytes, length - at);
                Marshal.Copy(bytes + at, copy, 0, part);
                to.Write(copy, 0, part);
            }
        }
    }

    /// <summary>All of them in one array.</summary>
    public byte[] ToArray()
    {
        var all = GC.AllocateUninitializedArray<byte>(checked((int)Length));
        using var to = new MemoryStream(all);
        CopyTo(to);
        return all;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (bytes, _) in _pieces)
        {
            Marshal.FreeHGlobal(bytes);
        }

        _pieces.Clear();
    }

    internal void Begin(byte[] head) => _head = head;

    internal void Add(byte[] from, int length)
    {
        var bytes = Marshal.AllocHGlobal(length);
        _pieces.Add((bytes, length));
        Marshal.Copy(from, 0, bytes, length);
    }
}
