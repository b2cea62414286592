using System.Text;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>The tables and nodes named in one batch, each made a string once.</summary>
internal sealed class NameTable
{
    private readonly Dictionary<string, NodeId> _nodes = [];
    private readonly HashSet<string> _tables = [];
    private string _lastTable = "";

    /// <summary>The table of this name; false where the name breaks the alphabet or the length (protocol 1).</summary>
    public bool TryTable(ReadOnlySpan<byte> utf8, out string table)
    {
        // Most changes of a batch are of the same table as the one before.
        table = _lastTable;
        if (Ascii.Equals(utf8, table) && !utf8.IsEmpty)
        {
            return true;
        }

        Span<char> chars = stackalloc char[Limits.TableCharsMax];
        if (utf8.Length > chars.Length || Ascii.ToUtf16(utf8, chars, out var length) != System.Buffers.OperationStatus.Done)
        {
            return false;
        }

        var tables = _tables.GetAlternateLookup<ReadOnlySpan<char>>();
        if (!tables.TryGetValue(chars[..length], out var known))
        {
            known = chars[..length].ToString();
            if (!Alphabets.IsTable(known))
            {
                return false;
            }

            _tables.Add(known);
        }

        _lastTable = table = known;
        return true;
    }

    /// <summary>The node of this name; false where the name breaks the alphabet or the lengths, or is reserved (protocol 1).</summary>
    public bool TryNode(ReadOnlySpan<byte> utf8, out NodeId node)
    {
        node = default;
        Span<char> chars = stackalloc char[Limits.NodeCharsMax];
        if (utf8.Length > chars.Length || Ascii.ToUtf16(utf8, chars, out var length) != System.Buffers.OperationStatus.Done)
        {
            return false;
        }

        var nodes = _nodes.GetAlternateLookup<ReadOnlySpan<char>>();
        if (nodes.TryGetValue(chars[..length], out node))
        {
            return true;
        }

        var name = chars[..length].ToString();
        if (!NodeId.TryParse(name, out node))
        {
            return false;
        }

        _nodes.Add(name, node);
        return true;
    }
}
