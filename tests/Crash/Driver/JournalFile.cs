using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace HeliosSync.Crash.Driver;

/// <summary>Looks into a journal past the server, which must have ended.</summary>
internal static class JournalFile
{
    /// <summary>The events of pushes, over all tenants: each push that was judged has exactly one.</summary>
    public static long CountPushes(string dataDir)
    {
        var file = new SqliteConnectionStringBuilder { DataSource = Path.Combine(dataDir, "heliossync.db"), Pooling = false };
        using var connection = new SqliteConnection(file.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT COUNT(*) FROM journal WHERE manifest LIKE 'pushed/%'";
        return (long)command.ExecuteScalar()!;
    }
}

/// <summary>Asks a server for its health.</summary>
internal static class ServerHealth
{
    /// <summary>The registrations that it counts.</summary>
    public static async Task<long> RegisteredAsync(HttpClient http, CancellationToken ct)
    {
        using var json = JsonDocument.Parse(await http.GetByteArrayAsync(new Uri("health", UriKind.Relative), ct));
        return json.RootElement.GetProperty("registered_clients").GetInt64();
    }

    /// <summary>The status of one of its paths, and the code where it is an error.</summary>
    public static async Task<(int Status, string? Code)> ProbeAsync(HttpClient http, string path, CancellationToken ct)
    {
        using var answer = await http.GetAsync(new Uri(path, UriKind.Relative), ct);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(ct));
        return ((int)answer.StatusCode, json.RootElement.TryGetProperty("code", out var code) ? code.GetString() : null);
    }
}
