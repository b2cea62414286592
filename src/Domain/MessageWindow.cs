namespace HeliosSync.Domain;

/// <summary>One judged push of a client. 40 bytes.</summary>
/// <param name="Message">Its message id.</param>
/// <param name="Digest">Hash of its content.</param>
/// <param name="Sequence">Journal sequence number of the event that holds its outcome.</param>
public readonly record struct WindowEntry(Guid Message, Hash128 Digest, long Sequence);

/// <summary>The last 256 message ids of a client (protocol 4.3), oldest overwritten first.</summary>
public sealed class MessageWindow
{
    private WindowEntry[] _entries;
    private int _next;

    /// <summary>A window that holds these, oldest first; at most 256.</summary>
    public MessageWindow(ReadOnlySpan<WindowEntry> entries)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(entries.Length, Limits.WindowMessagesMax);
        _entries = entries.ToArray();
        Count = entries.Length;
        _next = Count % Limits.WindowMessagesMax;
    }

    /// <summary>How many it holds.</summary>
    public int Count { get; private set; }

    /// <summary>Finds a judged push by its message id.</summary>
    public bool TryFind(Guid message, out WindowEntry entry)
    {
        foreach (ref readonly var candidate in _entries.AsSpan(0, Count))
        {
            if (candidate.Message == message)
            {
                entry = candidate;
                return true;
            }
        }

        entry = default;
        return false;
    }

    /// <summary>Remembers a judged push, and forgets the oldest beyond 256.</summary>
    public void Add(in WindowEntry entry)
    {
        if (_next == _entries.Length)
        {
            Array.Resize(ref _entries, Math.Clamp(_entries.Length * 2, 4, Limits.WindowMessagesMax));
        }

        _entries[_next] = entry;
        Count = Math.Max(Count, _next + 1);
        _next = (_next + 1) % Limits.WindowMessagesMax;
    }

    /// <summary>The entries, oldest first.</summary>
    public WindowEntry[] ToArray() =>
        Count < Limits.WindowMessagesMax ? _entries[..Count] : [.. _entries[_next..], .. _entries[.._next]];
}
