using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>Reads the body of <c>POST /heartbeat</c> (protocol 4.4).</summary>
public sealed class HeartbeatReader : MessageReader<Heartbeat>
{
    private protected override MessageParser<Heartbeat> Begin() => new HeartbeatParser();
}
