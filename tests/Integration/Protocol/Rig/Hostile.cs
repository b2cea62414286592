using System.Text;
using System.Text.Json.Nodes;

namespace HeliosSync.Integration.Protocol.Rig;

/// <summary>
/// A registered client that sends what nobody should. Whatever it is, the server answers with that error, stores nothing, and is well
/// afterwards.
/// </summary>
internal sealed class Hostile(Site site, string tenant, Device device)
{
    public const string Client = "a";

    public static readonly string[] Endpoints = ["register", "pull", "push", "heartbeat"];

    /// <summary>Its bearer token, for requests that are written by hand.</summary>
    public string Token => site.Token(tenant, Client);

    public static async Task<Hostile> OfAsync(Site site)
    {
        var tenant = site.NewTenant();
        return new(site, tenant, await site.DeviceAsync(tenant, Client));
    }

    /// <summary>A body that the endpoint takes as it is.</summary>
    public static JsonObject Good(string endpoint) => endpoint switch
    {
        "register" => Body.Register(Client),
        "pull" => Body.Pull(Client, 0),
        "push" => Body.Push(Client, Change.Insert(1, "k1"), Change.Insert(2, "k2")),
        "heartbeat" => Body.Heartbeat(Client, 0),
        _ => throw new ArgumentException(endpoint),
    };

    /// <summary>
    /// The text of a good body in which one value is written as it is given here. The path is a field's name, or <c>changes.</c> and a
    /// field of the second change.
    /// </summary>
    public static string With(string endpoint, string path, string rawValue)
    {
        const string Mark = "@@@";
        var body = Good(endpoint);
        var nested = path.StartsWith("changes.", StringComparison.Ordinal);
        var holder = nested ? body.Objects("changes")[1] : body;
        holder[nested ? path["changes.".Length..] : path] = Mark;
        return body.ToJsonString().Replace($"\"{Mark}\"", rawValue, StringComparison.Ordinal);
    }

    public Task<string?> RefusedAsync(string endpoint, string body, int status, string code) =>
        RefusedAsync(endpoint, Encoding.UTF8.GetBytes(body), status, code);

    /// <summary>Returns the details of the refusal.</summary>
    public async Task<string?> RefusedAsync(
        string endpoint, byte[] body, int status, string code, Action<HttpRequestMessage>? shape = null)
    {
        var before = site.JournalEvents();
        var details = (await device.PostAsync(endpoint, body, shape)).Refused(status, code);
        await UnharmedAsync(before);
        return details;
    }

    /// <summary>Nothing was stored since, and the server answers: it is healthy, and this client can pull.</summary>
    public async Task UnharmedAsync(long journalEvents)
    {
        Assert.Equal(journalEvents, site.JournalEvents());
        (await device.SendAsync(HttpMethod.Get, "health/ready")).Ok();
        (await device.PullAsync()).Ok();
    }
}
