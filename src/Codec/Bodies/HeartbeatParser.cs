using System.Diagnostics;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>Reads the body of a heartbeat (protocol 4.4).</summary>
internal sealed class HeartbeatParser() : MessageParser<Heartbeat>(Fields, "heartbeat")
{
    private const int Type = 0, Client = 1, Timestamp = 2, CurrentLsn = 3;

    private static readonly FieldSet Fields = new(["type", "client_id", "timestamp", "current_lsn"], []);

    private ClientId _client;
    private long _currentLsn;

    /// <inheritdoc/>
    public override Heartbeat Take() => new(_client, _currentLsn);

    /// <inheritdoc/>
    protected override bool TakeField(int field, ref JsonCursor cursor) => field switch
    {
        Type => TakeType(ref cursor),
        Client => MessageFields.TakeClient(ref cursor, "client_id", out _client),
        Timestamp => cursor.TakeInteger("timestamp", 0, Limits.SafeIntegerMax, out _),
        CurrentLsn => cursor.TakeInteger("current_lsn", 0, Limits.SafeIntegerMax, out _currentLsn),
        _ => throw new UnreachableException(),
    };
}
