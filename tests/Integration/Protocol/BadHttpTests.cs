using System.Text;
using HeliosSync.Integration.Protocol.Rig;

namespace HeliosSync.Integration.Protocol;

/// <summary>The rows of bad inputs about HTTP itself: lengths, chunks, and those who never finish.</summary>
public sealed class BadHttpTests(Site site) : IClassFixture<Site>
{
    /// <summary>Two ways to say where a body ends are how requests are smuggled past a proxy.</summary>
    [Theory]
    [InlineData("a length and chunks", "Content-Length: 5\r\nTransfer-Encoding: chunked", "5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("two lengths", "Content-Length: 5\r\nContent-Length: 6", "hello!")]
    [InlineData("a list of lengths", "Content-Length: 5, 6", "hello!")]
    [InlineData("a chunk longer than its size", "Transfer-Encoding: chunked", "5\r\nhello!\r\n0\r\n\r\n")]
    public async Task A_body_without_one_clear_end_is_refused_and_nothing_behind_it_is_read(string what, string headers, string body)
    {
        Assert.NotEmpty(what);
        var hostile = await Hostile.OfAsync(site);
        var journal = site.JournalEvents();
        await using var raw = await RawConnection.ConnectAsync(site.Address);
        await raw.SendAsync(RawConnection.PushHead(hostile.Token, headers) + body + "GET /api/v1/sync/health HTTP/1.1\r\nHost: x\r\n\r\n");
        var answer = await raw.ReadToCloseAsync();
        Assert.Equal((400, 1), (answer.Status, answer.Count));
        await hostile.UnharmedAsync(journal);
    }

    [Fact]
    public async Task A_body_that_ends_early_stores_nothing()
    {
        var hostile = await Hostile.OfAsync(site);
        var journal = site.JournalEvents();
        var body = Encoding.UTF8.GetString(Good("push"));
        await using (var raw = await RawConnection.ConnectAsync(site.Address))
        {
            await raw.SendAsync(RawConnection.PushHead(hostile.Token, $"Content-Length: {body.Length + 1}") + body);
        }

        await hostile.UnharmedAsync(journal);
    }

    /// <summary>
    /// One sends half a head, one half a body, and then both are silent; a third goes on with a byte a second. Kestrel gives a head 10 s,
    /// and a body 5 s and then 240 bytes a second; all are waited for at once.
    /// </summary>
    [Fact]
    public async Task Who_never_finishes_a_head_or_a_body_is_cut_off()
    {
        var hostile = await Hostile.OfAsync(site);
        var journal = site.JournalEvents();
        await using var slowHead = await RawConnection.ConnectAsync(site.Address);
        await using var slowBody = await RawConnection.ConnectAsync(site.Address);
        await using var drip = await RawConnection.ConnectAsync(site.Address);
        await slowHead.SendAsync("POST /api/v1/sync/push HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
        await slowBody.SendAsync(RawConnection.PushHead(hostile.Token, "Content-Length: 1000") + "{\"type\":");
        await drip.SendAsync(RawConnection.PushHead(hostile.Token, "Content-Length: 1000"));
        var answers = new[] { slowHead.ReadToCloseAsync(), slowBody.ReadToCloseAsync(), drip.ReadToCloseAsync() };
        await DripAsync(drip, Encoding.UTF8.GetString(Good("push")), until: answers[2]);
        await hostile.UnharmedAsync(journal);
        foreach (var (answer, status, code) in new[] { (answers[0], 408, "INVALID_MESSAGE"), (answers[1], 400, "INVALID_JSON"),
            (answers[2], 400, "INVALID_JSON") })
        {
            Assert.Equal((status, 1), ((await answer).Status, (await answer).Count));
            Assert.Contains($"\"code\":\"{code}\"", (await answer).Text, StringComparison.Ordinal);
            Assert.Contains("too slowly", (await answer).Text, StringComparison.Ordinal);
        }

        await hostile.UnharmedAsync(journal);
    }

    private static async Task DripAsync(RawConnection drip, string body, Task until)
    {
        using var seconds = new PeriodicTimer(TimeSpan.FromSeconds(1));
        try
        {
            for (var i = 0; !until.IsCompleted && await seconds.WaitForNextTickAsync(); i++)
            {
                await drip.SendAsync(body[i..(i + 1)]);
            }
        }
        catch (IOException)
        {
            // The server has cut it off, which its answer tells too.
        }
    }

    [Theory]
    [InlineData("Content-Length: 0\r\n\r\n", 400)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400)]
    [InlineData("\r\n", 400)]
    public async Task A_post_without_a_body_is_no_message(string rest, int status)
    {
        await using var raw = await RawConnection.ConnectAsync(site.Address);
        await raw.SendAsync(
            "POST /api/v1/sync/pull HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            + $"Authorization: Bearer {site.Token("t", "a")}\r\nContent-Type: application/json\r\n{rest}");
        var answer = await raw.ReadToCloseAsync();
        Assert.Equal(status, answer.Status);
        Assert.Contains("INVALID_JSON", answer.Text, StringComparison.Ordinal);
    }

    /// <summary>A client that goes away after its request does not undo it: the push is stored, and its repeat finds the outcome.</summary>
    [Fact]
    public async Task A_push_whose_client_goes_away_is_stored_whole_or_not_at_all()
    {
        var device = await site.DeviceAsync(site.NewTenant(), "a");
        var token = site.Token("tenant-gone", "a");
        (await device.WithToken(token).RegisterAsync()).Ok();
        for (var round = 0; round < 20; round++)
        {
            var body = Body.Push("a", Change.Inserts(1 + (3L * round), 3, $"r{round}"));
            await using (var raw = await RawConnection.ConnectAsync(site.Address))
            {
                await raw.SendAsync(RawConnection.PushHead(token, $"Content-Length: {body.ToJsonString().Length}") + body.ToJsonString());
            }

            (await device.WithToken(token).PostAsync("push", body)).Ok();
        }

        Assert.Equal(60, (await device.WithToken(token).PullAllAsync()).Select(static c => c.KeyText()).Distinct().Count());
        Assert.Equal(60, (await device.WithToken(token).PullAllAsync()).Count);
    }

    private static byte[] Good(string endpoint) => Encoding.UTF8.GetBytes(Hostile.Good(endpoint).ToJsonString());
}
