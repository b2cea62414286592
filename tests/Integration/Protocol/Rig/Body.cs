using System.Text.Json.Nodes;

namespace HeliosSync.Integration.Protocol.Rig;

/// <summary>The bodies of protocol 4, each with its required fields; a test puts others over them.</summary>
internal static class Body
{
    public static JsonObject Register(string client) => new()
    {
        ["type"] = "register_client",
        ["version"] = 1,
        ["client_id"] = client,
        ["last_known_lsn"] = 0,
        ["vector_clock"] = new JsonObject(),
        ["metadata"] = new JsonObject { ["device"] = "mobile" },
    };

    public static JsonObject Pull(string client, long since) => new()
    {
        ["type"] = "pull_request",
        ["message_id"] = NewId(),
        ["client_id"] = client,
        ["since_lsn"] = since,
        ["max_entries"] = 1_000,
        ["continuation_token"] = null,
    };

    public static JsonObject Push(string client, params JsonObject[] changes) => new()
    {
        ["type"] = "push_changes",
        ["message_id"] = NewId(),
        ["client_id"] = client,
        ["changes"] = new JsonArray([.. changes.Select(static c => c.DeepClone())]),
        ["vector_clock"] = new JsonObject(),
    };

    public static JsonObject Heartbeat(string client, long currentLsn) => new()
    {
        ["type"] = "heartbeat",
        ["client_id"] = client,
        ["timestamp"] = 1_700_000_000_000,
        ["current_lsn"] = currentLsn,
    };

    public static string NewId() => Guid.NewGuid().ToString("D");

    public static JsonObject Clock(params (string Node, long Counter)[] entries)
    {
        var clock = new JsonObject();
        foreach (var (node, counter) in entries)
        {
            clock[node] = counter;
        }

        return clock;
    }

    public static JsonArray Array(params string[] items) => new([.. items.Select(static item => JsonValue.Create(item))]);
}
