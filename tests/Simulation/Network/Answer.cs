using System.Text.Json;
using HeliosSync.Domain;

namespace HeliosSync.Simulation;

/// <summary>A change as an answer shows it.</summary>
internal sealed record ShownChange(
    long Lsn, Row Row, Operation Operation, byte[] Data, bool Compressed, Clock Clock, uint Checksum, string Author, long AuthorLsn);

/// <summary>A conflict report.</summary>
internal sealed record Report(long LocalLsn, string Type, ShownChange ServerChange, string Resolution);

/// <summary>An answer as a client reads it, from the bytes that the server wrote.</summary>
internal sealed class Answer
{
    /// <summary>Null: success. Else the error's code.</summary>
    public string? Code { get; private init; }

    public string Details { get; private init; } = "";

    public string RequestId { get; private init; } = "";

    public long ServerLsn { get; private init; }

    public long HeadLsn { get; private init; }

    public string? ServerNode { get; private init; }

    public Clock Clock { get; private init; } = Clock.Empty;

    public IReadOnlyList<ShownChange> Changes { get; private init; } = [];

    public bool HasMore { get; private init; }

    public string? Token { get; private init; }

    public IReadOnlyList<long> Accepted { get; private init; } = [];

    public IReadOnlyList<long> Assigned { get; private init; } = [];

    public IReadOnlyList<long> Superseded { get; private init; } = [];

    public IReadOnlyList<Report> Conflicts { get; private init; } = [];

    /// <summary>How many lives the server had had when it answered.</summary>
    public int ServerLife { get; init; }

    public bool IsTransient => Code is "OVERLOADED" or "STORAGE_UNAVAILABLE";

    public static Answer Read(ReadOnlyMemory<byte> json, int serverLife)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        return new Answer
        {
            Code = Text(root, "code"),
            Details = Text(root, "details") ?? "",
            RequestId = Text(root, "request_id") ?? "",
            ServerLsn = Number(root, "server_lsn"),
            HeadLsn = Number(root, "head_lsn"),
            ServerNode = Text(root, "server_node"),
            Clock = ReadClock(root),
            Changes = root.TryGetProperty("changes", out var changes) ? [.. changes.EnumerateArray().Select(ReadChange)] : [],
            HasMore = root.TryGetProperty("has_more", out var more) && more.GetBoolean(),
            Token = Text(root, "continuation_token"),
            Accepted = Numbers(root, "accepted_lsns"),
            Assigned = Numbers(root, "assigned_lsns"),
            Superseded = Numbers(root, "superseded_lsns"),
            Conflicts = root.TryGetProperty("conflicts", out var conflicts) ? [.. conflicts.EnumerateArray().Select(ReadReport)] : [],
            ServerLife = serverLife,
        };
    }

    private static Report ReadReport(JsonElement report) => new(
        Number(report, "lsn"),
        Text(report, "conflict_type") ?? "",
        ReadChange(report.GetProperty("server_change")),
        Text(report, "resolution") ?? "");

    private static ShownChange ReadChange(JsonElement change) => new(
        Number(change, "lsn"),
        new Row(Text(change, "table")!, Bytes(change.GetProperty("key"))[0]),
        Enum.Parse<Operation>(Text(change, "operation")!),
        Bytes(change.GetProperty("data")),
        change.GetProperty("compressed").GetBoolean(),
        ReadClock(change),
        (uint)Number(change, "checksum"),
        Text(change, "author")!,
        Number(change, "author_lsn"));

    private static Clock ReadClock(JsonElement of) => of.TryGetProperty("vector_clock", out var clock)
        ? clock.EnumerateObject().Aggregate(Clock.Empty, static (all, entry) => all.With(entry.Name, entry.Value.GetInt64()))
        : Clock.Empty;

    private static byte[] Bytes(JsonElement of) => of.ValueKind == JsonValueKind.String
        ? of.GetBytesFromBase64()
        : [.. of.EnumerateArray().Select(static e => e.GetByte())];

    private static string? Text(JsonElement of, string name) =>
        of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static long Number(JsonElement of, string name) => of.TryGetProperty(name, out var value) ? value.GetInt64() : 0;

    private static long[] Numbers(JsonElement of, string name) =>
        of.TryGetProperty(name, out var value) ? [.. value.EnumerateArray().Select(static e => e.GetInt64())] : [];
}
