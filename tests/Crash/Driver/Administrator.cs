using System.Text;
using System.Text.Json;
using HeliosSync.Crash.History;
using HeliosSync.Load.Clients;

namespace HeliosSync.Crash.Driver;

/// <summary>Compacts tenants and sets their policies while clients are at work, until the server is gone or it is told to stop.</summary>
internal sealed class Administrator(IReadOnlyList<(string Tenant, string Token)> tenants, HistoryFile history, Random random)
{
    private const string Name = "admin";
    private const int PauseMsMax = 50;
    private static readonly string[] Policies = ["reject", "server-wins", "client-wins", "last-write-wins"];

    /// <summary>Calls <paramref name="answered"/> with each compaction that was answered.</summary>
    public async Task RunAsync(HttpClient http, Action<Entry> answered, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(random.Next(PauseMsMax), CancellationToken.None);
            var (tenant, token) = tenants[random.Next(tenants.Count)];
            var wire = new SyncClient(http, Name, token);
            var compacts = random.Next(3) != 0;
            var answer = compacts ? await CompactAsync(wire) : await SetPolicyAsync(wire);
            if (answer.Status == 0)
            {
                return;
            }

            if (compacts && answer.Ok)
            {
                using var json = JsonDocument.Parse(answer.Body);
                var entry = new Compacted(tenant, json.RootElement.GetProperty("changes_removed").GetInt64());
                history.Add(entry);
                answered(entry);
            }
            else if (answer.Status is not (200 or 503))
            {
                history.Add(new Complained($"The administrator of {tenant} was answered {answer.Status} {answer.ErrorCode()}"));
            }
        }
    }

    private static Task<Answer> CompactAsync(SyncClient wire) =>
        wire.PostAsync("compact", """{"dry_run":false}"""u8.ToArray(), CancellationToken.None);

    private Task<Answer> SetPolicyAsync(SyncClient wire)
    {
        var (all, tasks) = (Policies[random.Next(Policies.Length)], Policies[random.Next(Policies.Length)]);
        var body = Encoding.UTF8.GetBytes($$"""{"policy":"{{all}}","tables":{"tasks":"{{tasks}}"} }""");
        return wire.SendAsync(HttpMethod.Put, "policy", body, CancellationToken.None);
    }
}
