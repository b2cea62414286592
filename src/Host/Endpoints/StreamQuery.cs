using System.Globalization;
using HeliosSync.Domain;
using Microsoft.AspNetCore.WebUtilities;

namespace HeliosSync.Host;

/// <summary>
/// Reads what a stream is asked for: the query of <c>GET /stream</c> and its <c>Last-Event-ID</c> (protocol 4.5). As strict as the body of
/// a pull: names are case-sensitive, unknown ones are ignored, a known one that stands twice is an error.
/// </summary>
internal ref struct StreamQuery
{
    private const string LastEventId = "Last-Event-ID";

    private long? _sinceLsn;
    private long _maxEntries;
    private NodeId? _serverNode;
    private SortedSet<string>? _tables;
    private bool? _excludeOwn;
    private bool? _base64;
    private bool? _acceptCompressed;
    private Refusal? _refusal;

    /// <summary>The pull that the stream goes on with; or which parameter is wrong.</summary>
    public static (Pull? Pull, Refusal? Refusal) Read(HttpRequest request, ClientId client)
    {
        var query = default(StreamQuery);
        foreach (var pair in new QueryStringEnumerable(request.QueryString.Value))
        {
            query.Take(pair.DecodeName().ToString(), pair.DecodeValue().ToString());
        }

        var since = query.Since(request.Headers[LastEventId]);
        return query._refusal is { } refusal
            ? (null, refusal)
            : (new Pull(
                Guid.Empty,
                client,
                since,
                query._maxEntries == 0 ? Limits.PageEntriesMax : (int)Math.Min(query._maxEntries, Limits.PageEntriesMax),
                null,
                query._serverNode,
                query._tables is null ? null : [.. query._tables],
                query._excludeOwn ?? false,
                query._base64 ?? false,
                query._acceptCompressed ?? false), null);
    }

    /// <summary>Where a reader broke off it goes on, whatever the address says that it began with; an empty id is none.</summary>
    private long Since(Microsoft.Extensions.Primitives.StringValues lastEventId)
    {
        if (lastEventId.Count > 1)
        {
            Refuse(LastEventId, "stands twice");
        }
        else if (lastEventId is [{ Length: > 0 } id])
        {
            return Integer(LastEventId, id, 0);
        }
        else if (_sinceLsn is null)
        {
            Refuse("since_lsn", "is required");
        }

        return _sinceLsn ?? 0;
    }

    private void Take(string name, string value)
    {
        switch (name)
        {
            case "since_lsn":
                Once(name, _sinceLsn is not null);
                _sinceLsn = Integer(name, value, 0);
                break;
            case "max_entries":
                Once(name, _maxEntries != 0);
                _maxEntries = Integer(name, value, 1);
                break;
            case "server_node":
                Once(name, _serverNode is not null);
                _serverNode = Node(name, value);
                break;
            case "tables":
                Once(name, _tables is not null);
                TakeTables(value);
                break;
            case "exclude_own":
                Once(name, _excludeOwn is not null);
                _excludeOwn = Flag(name, value, "true", "false");
                break;
            case "encoding":
                Once(name, _base64 is not null);
                _base64 = Flag(name, value, "base64", "bytes");
                break;
            case "accept_compressed":
                Once(name, _acceptCompressed is not null);
                _acceptCompressed = Flag(name, value, "true", "false");
                break;
        }
    }

    private void TakeTables(string value)
    {
        var names = value.Split(',');
        _tables = new SortedSet<string>(names, StringComparer.Ordinal);
        if (names.Length > Limits.FilterTablesMax || !names.All(static name => Alphabets.IsTable(name)))
        {
            Refuse("tables", $"must be 1 to {Limits.FilterTablesMax} table names with commas between");
        }
    }

    private long Integer(string name, string text, long least)
    {
        // As in JSON: digits alone, and no zero in front.
        var isPlain = text.Length is > 0 and <= 16 && text.All(char.IsAsciiDigit) && (text.Length == 1 || text[0] != '0');
        var number = isPlain ? long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture) : -1;
        if (number < least || number > Limits.SafeIntegerMax)
        {
            Refuse(name, $"must be an integer from {least} to {Limits.SafeIntegerMax}");
        }

        return number;
    }

    private NodeId Node(string name, string text)
    {
        if (!NodeId.TryParse(text, out var node))
        {
            Refuse(name, "must be a node");
        }

        return node;
    }

    private bool Flag(string name, string text, string on, string off)
    {
        if (text != on && text != off)
        {
            Refuse(name, $"must be {off} or {on}");
        }

        return text == on;
    }

    private void Once(string name, bool again)
    {
        if (again)
        {
            Refuse(name, "stands twice");
        }
    }

    /// <summary>The first mistake is told.</summary>
    private void Refuse(string name, string what) =>
        _refusal ??= new Refusal(ErrorCode.InvalidMessage, $"{name} {what}.", name);
}
