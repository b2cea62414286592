using System.Buffers;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>All that one batch rents: the arena behind its keys and data, and the array of its changes. One owner at a time.</summary>
internal sealed class BatchBuffers : IDisposable
{
    private const int FirstChanges = 16;

    private PushedChange[] _changes = [];
    private int _count;

    /// <summary>Where keys and data are.</summary>
    public PayloadArena Payload { get; } = new();

    /// <summary>The changes added so far.</summary>
    public ReadOnlyMemory<PushedChange> Changes => _changes.AsMemory(0, _count);

    /// <summary>Adds a change.</summary>
    public void Add(in PushedChange change)
    {
        if (_count == _changes.Length)
        {
            var larger = ArrayPool<PushedChange>.Shared.Rent(Math.Max(FirstChanges, 2 * _count));
            Array.Copy(_changes, larger, _count);
            ReturnChanges();
            _changes = larger;
        }

        _changes[_count++] = change;
    }

    /// <summary>Gives everything back.</summary>
    public void Dispose()
    {
        ReturnChanges();
        _changes = [];
        _count = 0;
        Payload.Dispose();
    }

    private void ReturnChanges()
    {
        if (_changes.Length > 0)
        {
            // Cleared, since its strings and clocks would otherwise live as long as the pool.
            _changes.AsSpan(0, _count).Clear();
            ArrayPool<PushedChange>.Shared.Return(_changes);
        }
    }
}
