using System.Text.Json;
using static HeliosSync.Integration.Hosting.TokenForge;

namespace HeliosSync.Integration.Hosting;

/// <summary>Names that would be paths, lines or commands to a terminal: wherever they are sent, they become no file and no log.</summary>
public sealed class HostileNameTests
{
    private static readonly string[] Names =
    [
        "../x", "..\\x", "/etc/passwd", "a/../../x", "a\r\nSet-Cookie: x", "a\nwarn forged", "a\0b", "\u001b[31mred", "a\u202eb", "\u0430",
        "%2e%2e%2fx", "CON", new string('a', 200),
    ];

    [Fact]
    public async Task No_name_becomes_a_path_or_reaches_the_log_as_it_is()
    {
        await using var server = await TestServer.StartAsync();
        var before = Entries(server);
        foreach (var name in Names)
        {
            await SendAsync(server, name);
        }

        // SQLite's own files may come and go.
        Assert.Equal(before, Entries(server));
        Assert.All(server.Log.Lines, static line =>
        {
            Assert.DoesNotContain(line[..^1], static c => c is < ' ' or > '~');
            Assert.DoesNotContain("../x", line, StringComparison.Ordinal);
            Assert.DoesNotContain("forged", line, StringComparison.Ordinal);
        });
        Assert.Contains(server.Log.Lines, static line => line.Contains("code=UNAUTHORIZED", StringComparison.Ordinal));
    }

    private static async Task SendAsync(TestServer server, string name)
    {
        var json = JsonSerializer.Serialize(name);
        var bad = name is not "CON";
        foreach (var claim in new[] { "tenant_id", "client_id", "sub", "jti" })
        {
            var token = Sign(GoodHeader, With(claim, json));
            using var answer = await server.Http.SendAsync(Requests.Post("heartbeat", token));
            Assert.True((int)answer.StatusCode == 401 || !bad || claim is "sub" or "jti", $"{claim} {json}");
        }

        var body = $$"""{"type":"register_client","version":1,"client_id":{{json}},"last_known_lsn":0}""";
        using var refused = await server.Http.SendAsync(Requests.Post("register", server.Token(), body));
        Assert.Equal(bad ? 400 : 403, (int)refused.StatusCode);
        var head = $"GET /api/v1/sync/nothing HTTP/1.1\r\nHost: a\r\nX-Request-ID: {name.ReplaceLineEndings(" ")}\r\n\r\n";
        Assert.StartsWith("HTTP/1.1 40", await RawHttp.AskAsync(server.Address, head), StringComparison.Ordinal);
        using var elsewhere = await server.Http.GetAsync(new Uri(server.Address, "/api/v1/sync/" + Uri.EscapeDataString(name)));
    }

    private static string[] Entries(TestServer server) =>
        [.. Directory.EnumerateFileSystemEntries(server.DataDir, "*", SearchOption.AllDirectories)
            .Where(static f => !f.EndsWith("-wal", StringComparison.Ordinal) && !f.EndsWith("-shm", StringComparison.Ordinal)).Order()];
}
