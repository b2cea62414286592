using System.Globalization;
using System.Text;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>
/// JSON as it grows in room that was made large enough before. Takes only what needs no escapes, and copies it as it is: several times as
/// fast as a writer that has to look at everything.
/// </summary>
/// <param name="room">Where it goes. Too little of it is an exception.</param>
internal ref struct RawJson(Span<byte> room)
{
    /// <summary>Bytes of the longest number.</summary>
    public const int NumberBytesMax = 20;

    private readonly Span<byte> _room = room;
    private int _length;

    /// <summary>What was written.</summary>
    public readonly ReadOnlySpan<byte> Written => _room[.._length];

    /// <summary>Room for more, whose use <see cref="Advance"/> tells.</summary>
    public readonly Span<byte> Rest => _room[_length..];

    /// <summary>So many bytes of <see cref="Rest"/> have been written.</summary>
    public void Advance(int bytes) => _length += bytes;

    /// <summary>Text that is JSON.</summary>
    public void Add(scoped ReadOnlySpan<byte> text)
    {
        text.CopyTo(_room[_length..]);
        _length += text.Length;
    }

    public void Add(long number) => _length += number.TryFormat(_room[_length..], out var written, default, CultureInfo.InvariantCulture)
        ? written
        : throw new InvalidOperationException("The room for the text is too small.");

    /// <summary>The name of a node or table as it is stored (protocol 1), without quotes; one that is no such name is damage.</summary>
    public void AddStoredName(scoped ReadOnlySpan<byte> name)
    {
        if (!Alphabets.AreOfNames(name))
        {
            throw BytesReader.Corrupt("a name has other characters than names have");
        }

        Add(name);
    }

    /// <summary>A node's name, without quotes: there is no other way to one than through its alphabet.</summary>
    public void Add(NodeId node) => _length += Encoding.ASCII.GetBytes(node.Value, _room[_length..]);
}
