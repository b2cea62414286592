using System.Text.Json;

namespace HeliosSync.Load.Clients;

/// <summary>A change as it was pulled (protocol 5.1).</summary>
internal sealed record PulledChange
{
    public long Lsn { get; set; }

    public string Table { get; set; } = "";

    public string Operation { get; set; } = "";

    public byte[] Key { get; set; } = [];

    public byte[] Data { get; set; } = [];

    public long Checksum { get; set; }

    public string Author { get; set; } = "";

    public long AuthorLsn { get; set; }
}

/// <summary>A page as it was pulled (protocol 4.2).</summary>
internal sealed class Page
{
    private readonly List<PulledChange> _changes = [];

    public IReadOnlyList<PulledChange> Changes => _changes;

    public long ServerLsn { get; private set; }

    public long HeadLsn { get; private set; }

    public bool HasMore { get; private set; }

    public string? Token { get; private set; }

    /// <summary>Reads one; throws where it is not JSON.</summary>
    public static Page Read(byte[] body)
    {
        var page = new Page();
        var json = new Utf8JsonReader(body);
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var name = json.GetString();
            json.Read();
            switch (name)
            {
                case "changes":
                    page.ReadChanges(ref json);
                    break;
                case "server_lsn":
                    page.ServerLsn = json.GetInt64();
                    break;
                case "head_lsn":
                    page.HeadLsn = json.GetInt64();
                    break;
                case "has_more":
                    page.HasMore = json.GetBoolean();
                    break;
                case "continuation_token":
                    page.Token = json.GetString();
                    break;
                default:
                    json.Skip();
                    break;
            }
        }

        return page;
    }

    private void ReadChanges(ref Utf8JsonReader json)
    {
        while (json.Read() && json.TokenType == JsonTokenType.StartObject)
        {
            var change = new PulledChange();
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                ReadField(ref json, change);
            }

            _changes.Add(change);
        }
    }

    private static void ReadField(ref Utf8JsonReader json, PulledChange change)
    {
        var name = json.GetString();
        json.Read();
        switch (name)
        {
            case "lsn":
                change.Lsn = json.GetInt64();
                break;
            case "table":
                change.Table = json.GetString()!;
                break;
            case "operation":
                change.Operation = json.GetString()!;
                break;
            case "key":
                change.Key = Bytes(ref json);
                break;
            case "data":
                change.Data = Bytes(ref json);
                break;
            case "checksum":
                change.Checksum = json.GetInt64();
                break;
            case "author":
                change.Author = json.GetString()!;
                break;
            case "author_lsn":
                change.AuthorLsn = json.GetInt64();
                break;
            default:
                json.Skip();
                break;
        }
    }

    private static byte[] Bytes(ref Utf8JsonReader json)
    {
        if (json.TokenType == JsonTokenType.String)
        {
            return json.GetBytesFromBase64();
        }

        var bytes = new List<byte>();
        while (json.Read() && json.TokenType == JsonTokenType.Number)
        {
            bytes.Add(json.GetByte());
        }

        return [.. bytes];
    }
}
