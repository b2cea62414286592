using System.Text;
using HeliosSync.Integration.Protocol.Rig;

namespace HeliosSync.Integration.Protocol;

/// <summary>Errors that any endpoint may answer (protocol 2 and 3): every one has the same body, and every answer a request id.</summary>
public sealed class ErrorTests(Site site) : IClassFixture<Site>
{
    [Theory]
    [InlineData("a-sane_id.7:x")]
    [InlineData("0")]
    public async Task A_sane_request_id_comes_back_in_the_header_and_in_the_error(string id)
    {
        var device = await site.DeviceAsync(site.NewTenant(), "a");
        Assert.Equal(id, (await device.PostAsync("pull", Encode("a"), WithId(id))).Ok().RequestId);
        var refused = await device.PostAsync("pull", "{"u8.ToArray(), WithId(id));
        refused.Refused(400, "INVALID_JSON");
        Assert.Equal(id, refused.RequestId);
    }

    [Theory]
    [InlineData("with blank")]
    [InlineData("<script>")]
    [InlineData("\u001b[31m")]
    [InlineData("")]
    [InlineData("LONG")]
    public async Task Another_request_id_is_replaced_by_a_new_one(string id)
    {
        var sent = id == "LONG" ? new string('x', 5_000) : id;
        var answer = (await site.Anonymous("x").SendAsync(HttpMethod.Get, "health", null, WithId(sent))).Ok();
        Assert.NotEqual(sent, answer.RequestId);
        Assert.True(Guid.TryParse(answer.RequestId, out _));
    }

    [Fact]
    public async Task Without_one_every_answer_gets_an_id_of_its_own()
    {
        var device = await site.DeviceAsync(site.NewTenant(), "a");
        Answer[] answers =
        [
            await device.PullAsync(), await device.PullAsync(), await device.HeartbeatAsync(), await device.PushAsync(),
            await site.Anonymous("x").PullAsync(), await device.SendAsync(HttpMethod.Get, "nowhere"),
        ];
        Assert.Equal(answers.Length, answers.Select(static a => a.RequestId).Distinct().Count());
    }

    [Theory]
    [InlineData("GET", "nowhere")]
    [InlineData("POST", "pull/x")]
    [InlineData("GET", "health/other")]
    [InlineData("GET", "")]
    [InlineData("GET", "../../../")]
    [InlineData("GET", "../../../etc/passwd")]
    [InlineData("OPTIONS", "../x")]
    public async Task An_unknown_path_is_404_with_the_error_body(string method, string path) =>
        (await site.Anonymous("x").SendAsync(new HttpMethod(method), path)).Refused(404, "NOT_FOUND");

    [Theory]
    [InlineData("GET", "pull", "POST")]
    [InlineData("PUT", "push", "POST")]
    [InlineData("DELETE", "register", "POST")]
    [InlineData("GET", "heartbeat", "POST")]
    [InlineData("POST", "health", "GET")]
    [InlineData("POST", "health/ready", "GET")]
    [InlineData("BREW", "push", "POST")]
    public async Task Another_method_is_405_and_told_the_right_one(string method, string path, string allowed)
    {
        using var content = new ByteArrayContent("{}"u8.ToArray());
        var device = site.Anonymous("x");
        var answer = await device.SendAsync(new HttpMethod(method), path, method == "GET" ? null : content);
        answer.Refused(405, "METHOD_NOT_ALLOWED");
        Assert.Equal(allowed, answer.Allow);
    }

    [Theory]
    [InlineData("pull")]
    [InlineData("push")]
    [InlineData("heartbeat")]
    public async Task Without_a_token_nothing_but_register_and_health_is_answered(string endpoint)
    {
        var answer = await site.Anonymous("a").PostAsync(endpoint, Encode("a"));
        answer.Refused(401, "UNAUTHORIZED");
        Assert.StartsWith("Bearer", answer.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Www_authenticate_tells_a_missing_token_from_a_bad_and_an_expired_one()
    {
        var (missing, bad) = (await site.Anonymous("a").PullAsync(), await site.Anonymous("a").WithToken("x.y.z").PullAsync());
        var expired = await site.Anonymous("a").WithToken(site.ExpiredToken("t", "a")).PullAsync();
        Assert.Equal(3, new[] { missing, bad, expired }.Select(static a =>
        {
            a.Refused(401, "UNAUTHORIZED");
            return a.Headers.WwwAuthenticate.ToString();
        }).Distinct().Count());
        Assert.Contains("invalid_token", expired.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
        Assert.Contains("expired", expired.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
    }

    /// <summary>A bad token is not the same as none: it must not pass for a registration without one.</summary>
    [Fact]
    public async Task A_bad_token_is_refused_at_the_registration_too() =>
        (await site.Anonymous("a").WithToken("x.y.z").RegisterAsync()).Refused(401, "UNAUTHORIZED");

    [Theory]
    [InlineData("register")]
    [InlineData("pull")]
    [InlineData("push")]
    [InlineData("heartbeat")]
    public async Task A_body_of_another_client_is_refused(string endpoint)
    {
        var tenant = site.NewTenant();
        var (a, b) = (await site.DeviceAsync(tenant, "a"), await site.DeviceAsync(tenant, "b"));
        var body = endpoint switch
        {
            "register" => Body.Register("a"),
            "pull" => Body.Pull("a", 0),
            "push" => Body.Push("a", Change.Insert(1, "k")),
            _ => Body.Heartbeat("a", 0),
        };
        (await b.PostAsync(endpoint, body)).Refused(403, "CLIENT_MISMATCH");
        Assert.Empty(await a.PullAllAsync());
    }

    private static byte[] Encode(string client) => Encoding.UTF8.GetBytes(Body.Pull(client, 0).ToJsonString());

    private static Action<HttpRequestMessage> WithId(string id) => request => request.Headers.TryAddWithoutValidation("X-Request-ID", id);
}
