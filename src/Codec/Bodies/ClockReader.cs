using System.Text.Json;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>Reads vector clocks (protocol 5.1): an object from node to integer, or that object as the only member <c>clocks</c>.</summary>
internal sealed class ClockReader(NameTable names)
{
    private const string What = "must be an object of nodes and integers from 0 to 9007199254740991";

    private readonly List<ClockEntry> _entries = [];

    /// <summary>Reads the clock whose first token is the current one, up to its last.</summary>
    public bool Read(ref JsonCursor cursor, string field, out VectorClock clock)
    {
        clock = VectorClock.Empty;
        if (cursor.Token != JsonTokenType.StartObject)
        {
            return cursor.RefuseField(field, What);
        }

        _entries.Clear();
        if (!cursor.Read())
        {
            return false;
        }

        if (cursor.Token == JsonTokenType.PropertyName && cursor.Text.SequenceEqual("clocks"u8))
        {
            return ReadWrapped(ref cursor, field) && Take(ref cursor, field, out clock);
        }

        return ReadEntries(ref cursor, field) && Take(ref cursor, field, out clock);
    }

    private bool ReadWrapped(ref JsonCursor cursor, string field)
    {
        if (!cursor.Read())
        {
            return false;
        }

        if (cursor.Token != JsonTokenType.StartObject)
        {
            return cursor.RefuseField(field, What);
        }

        return cursor.Read() && ReadEntries(ref cursor, field) && cursor.Read()
            && (cursor.Token == JsonTokenType.EndObject || cursor.RefuseField(field, "may have nothing beside clocks"));
    }

    /// <summary>Reads entries from the current token, a name or the end of the object, up to that end.</summary>
    private bool ReadEntries(ref JsonCursor cursor, string field)
    {
        while (cursor.Token != JsonTokenType.EndObject)
        {
            if (_entries.Count == Limits.ClockNodesMax)
            {
                return cursor.RefuseField(field, $"has more than {Limits.ClockNodesMax} nodes");
            }

            if (!names.TryNode(cursor.Text, out var node))
            {
                return cursor.RefuseField(field, "has a name that is no node");
            }

            if (!cursor.Read() || !cursor.TakeInteger(field, 0, Limits.SafeIntegerMax, out var counter))
            {
                return false;
            }

            _entries.Add(new ClockEntry(node, counter));
            if (!cursor.Read())
            {
                return false;
            }
        }

        return true;
    }

    private bool Take(ref JsonCursor cursor, string field, out VectorClock clock)
    {
        var made = VectorClock.TryCreate(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_entries));
        clock = made ?? VectorClock.Empty;
        return made is not null || cursor.RefuseField(field, "has a node twice");
    }
}
