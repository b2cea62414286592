using System.Text.Json;
using System.Text.Json.Serialization;

namespace HeliosSync.Baselines.HandWritten;

internal sealed record PushRequest(
    Guid MessageId, string ClientId, List<PushedChange> Changes, Dictionary<string, long> VectorClock);

internal sealed record PushedChange(
    long Lsn,
    string Table,
    string Operation,
    [property: JsonConverter(typeof(IntegerArrayConverter))] byte[] Key,
    [property: JsonConverter(typeof(IntegerArrayConverter))] byte[] Data,
    Dictionary<string, long> VectorClock,
    DateTimeOffset Timestamp,
    uint Checksum,
    bool Compressed);

internal sealed record PushAck(
    string Type,
    Guid RequestId,
    List<long> AcceptedLsns,
    List<long> AssignedLsns,
    List<string> Conflicts,
    long ServerLsn,
    long HeadLsn,
    Dictionary<string, long> VectorClock);

internal sealed record PullRequest(Guid MessageId, string ClientId, long SinceLsn, int? MaxEntries, string? ContinuationToken);

internal sealed record PulledChange(
    long Lsn,
    string Table,
    string Operation,
    [property: JsonConverter(typeof(IntegerArrayConverter))] byte[] Key,
    [property: JsonConverter(typeof(IntegerArrayConverter))] byte[] Data,
    Dictionary<string, long> VectorClock,
    DateTimeOffset Timestamp,
    uint Checksum,
    bool Compressed,
    string Author,
    long AuthorLsn);

internal sealed record PullResponse(
    string Type,
    Guid RequestId,
    List<PulledChange> Changes,
    long ServerLsn,
    bool HasMore,
    string? ContinuationToken,
    Dictionary<string, long> VectorClock,
    long HeadLsn);

internal sealed record ErrorBody(string Error, string Code, string? Details, string RequestId);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(PushRequest))]
[JsonSerializable(typeof(PushAck))]
[JsonSerializable(typeof(PullRequest))]
[JsonSerializable(typeof(PullResponse))]
[JsonSerializable(typeof(ErrorBody))]
internal sealed partial class MessageContext : JsonSerializerContext;
