using System.Text;
using System.Text.Json;
using HeliosSync.Crash.History;
using HeliosSync.Load.Clients;

namespace HeliosSync.Crash.Clients;

/// <summary>A row whose conflict is open, and the version to know of when it is settled.</summary>
internal readonly record struct OpenConflict(long Id, string Table, string Key, long Met);

/// <summary>A page of the conflict log (protocol 10.2).</summary>
internal static class ConflictPage
{
    /// <summary>The address of the page above an id.</summary>
    public static string After(long since, string status = "") => FormattableString.Invariant(
        $"conflicts?since={since}&limit=100{(status.Length > 0 ? $"&status={status}" : "")}");

    /// <summary>The address at which a conflict is settled (protocol 10.3).</summary>
    public static string Resolve(long id) => FormattableString.Invariant($"conflicts/{id}/resolve");

    /// <summary>The open ones of a page.</summary>
    public static IReadOnlyList<OpenConflict> Open(Answer answer)
    {
        using var json = JsonDocument.Parse(answer.Body);
        return [.. Conflicts(json).Where(static c => !IsSettled(c)).Select(static c => new OpenConflict(
            c.GetProperty("id").GetInt64(),
            c.GetProperty("table").GetString()!,
            Encoding.UTF8.GetString(Bytes(c.GetProperty("key"))),
            c.GetProperty("server_change").GetProperty("lsn").GetInt64()))];
    }

    /// <summary>All of a page; where to go on, or null at the end.</summary>
    public static (IReadOnlyList<LoggedConflict> Log, long? Next) Read(Answer answer)
    {
        using var json = JsonDocument.Parse(answer.Body);
        var log = Conflicts(json).Select(static c => new LoggedConflict(
            c.GetProperty("id").GetInt64(),
            c.GetProperty("client_change").GetProperty("author").GetString()!,
            c.GetProperty("client_change").GetProperty("author_lsn").GetInt64(),
            c.GetProperty("server_change").GetProperty("lsn").GetInt64(),
            IsSettled(c))).ToArray();
        return (log, json.RootElement.GetProperty("has_more").GetBoolean() ? json.RootElement.GetProperty("next_since").GetInt64() : null);
    }

    private static JsonElement.ArrayEnumerator Conflicts(JsonDocument json) => json.RootElement.GetProperty("conflicts").EnumerateArray();

    private static bool IsSettled(JsonElement conflict) => conflict.GetProperty("status").GetString() == "settled";

    private static byte[] Bytes(JsonElement numbers) => [.. numbers.EnumerateArray().Select(static n => n.GetByte())];
}
