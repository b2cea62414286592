using System.Diagnostics;
using System.Text;
using System.Text.Json;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>Reads the body of a pull (protocol 4.2).</summary>
internal sealed class PullParser() : MessageParser<Pull>(Fields, "pull_request")
{
    private const int Type = 0, Message = 1, Client = 2, SinceLsn = 3, MaxEntries = 4, Token = 5, ServerNode = 6, Tables = 7;
    private const int ExcludeOwn = 8, Encoding = 9, AcceptCompressed = 10, WaitMillis = 11;

    private static readonly FieldSet Fields = new(
        ["type", "message_id", "client_id", "since_lsn"],
        ["max_entries", "continuation_token", "server_node", "tables", "exclude_own", "encoding", "accept_compressed", "wait_ms"]);

    private readonly SortedSet<string> _tables = new(StringComparer.Ordinal);
    private Guid _message;
    private ClientId _client;
    private long _sinceLsn;
    private long _maxEntries = Limits.PageEntriesMax;
    private string? _token;
    private NodeId _serverNode;
    private bool _excludeOwn;
    private bool _base64;
    private bool _acceptCompressed;
    private long _waitMillis;

    /// <inheritdoc/>
    public override Pull Take() => new(
        _message,
        _client,
        _sinceLsn,
        (int)Math.Min(_maxEntries, Limits.PageEntriesMax),
        _token,
        IsPresent(ServerNode) ? _serverNode : null,
        IsPresent(Tables) ? [.. _tables] : null,
        _excludeOwn,
        _base64,
        _acceptCompressed,
        (int)_waitMillis);

    /// <inheritdoc/>
    protected override bool TakeField(int field, ref JsonCursor cursor) => field switch
    {
        Type => TakeType(ref cursor),
        Message => MessageFields.TakeUuid(ref cursor, "message_id", out _message),
        Client => MessageFields.TakeClient(ref cursor, "client_id", out _client),
        SinceLsn => cursor.TakeInteger("since_lsn", 0, Limits.SafeIntegerMax, out _sinceLsn),
        MaxEntries => cursor.TakeInteger("max_entries", 1, Limits.SafeIntegerMax, out _maxEntries),
        Token => TakeToken(ref cursor),
        ServerNode => MessageFields.TakeNode(ref cursor, "server_node", out _serverNode),
        Tables => TakeTables(ref cursor),
        ExcludeOwn => cursor.TakeBoolean("exclude_own", out _excludeOwn),
        Encoding => TakeEncoding(ref cursor),
        AcceptCompressed => cursor.TakeBoolean("accept_compressed", out _acceptCompressed),
        WaitMillis => cursor.TakeInteger("wait_ms", 0, Limits.PullWaitMillisMax, out _waitMillis),
        _ => throw new UnreachableException(),
    };

    private bool TakeToken(ref JsonCursor cursor)
    {
        if (!cursor.TakeText("continuation_token", out var text))
        {
            return false;
        }

        if (text.Length > Limits.ContinuationTokenBytesMax)
        {
            return cursor.Refuse(
                ErrorCode.InvalidContinuationToken, "The continuation token was not made by this server.", "continuation_token");
        }

        _token = System.Text.Encoding.UTF8.GetString(text);
        return true;
    }

    private bool TakeEncoding(ref JsonCursor cursor)
    {
        if (!cursor.TakeText("encoding", out var text))
        {
            return false;
        }

        _base64 = Ascii.Equals(text, "base64");
        return _base64 || Ascii.Equals(text, "bytes") || cursor.RefuseField("encoding", "must be bytes or base64");
    }

    /// <summary>Takes all of the array: it is short, and one field is one unit.</summary>
    private bool TakeTables(ref JsonCursor cursor)
    {
        if (cursor.Token != JsonTokenType.StartArray)
        {
            return RefuseTables(ref cursor);
        }

        // More bytes may have been needed the last time, in the middle of the array.
        _tables.Clear();
        var names = new NameTable();
        for (var count = 0; ; count++)
        {
            if (!cursor.Read())
            {
                return false;
            }

            if (cursor.Token == JsonTokenType.EndArray)
            {
                return count > 0 || RefuseTables(ref cursor);
            }

            if (count == Limits.FilterTablesMax
                || cursor.Token != JsonTokenType.String || !names.TryTable(cursor.Text, out var table))
            {
                return RefuseTables(ref cursor);
            }

            _tables.Add(table);
        }
    }

    private static bool RefuseTables(ref JsonCursor cursor) =>
        cursor.RefuseField("tables", $"must be an array of 1 to {Limits.FilterTablesMax} table names");
}
