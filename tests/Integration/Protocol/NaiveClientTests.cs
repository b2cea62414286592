using System.Text.Json.Nodes;
using HeliosSync.Integration.Protocol.Rig;

namespace HeliosSync.Integration.Protocol;

/// <summary>
/// A client that takes every answer at its word: it stores <c>server_lsn</c> after each page and each push, sends back the clocks it is
/// given, and ignores tokens. By protocol 5.4 it misses nothing.
/// </summary>
public sealed class NaiveClientTests(Site site) : IClassFixture<Site>
{
    private const int Others = 4;
    private const int Batches = 25;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task It_ends_with_every_row_while_others_push(int seed)
    {
        var tenant = site.NewTenant();
        var naive = new NaiveClient(site.Stranger(tenant, "naive"), new Random(seed));
        await naive.RegisterAsync();
        var writing = Task.WhenAll(Enumerable.Range(0, Others).Select(n => WriteAsync(tenant, $"other-{n}", new Random((seed * 100) + n))));
        while (!writing.IsCompleted)
        {
            await naive.PullPageAsync();
            await naive.PushAsync();
        }

        await writing;
        while (await naive.PullPageAsync())
        {
        }

        var reader = await site.DeviceAsync(tenant, "reader");
        var expected = new Dictionary<string, string>();
        foreach (var change in await reader.PullAllAsync())
        {
            expected[change.KeyText()] = change.DataText();
        }

        Assert.True(naive.Pushed > 5, $"The naive client pushed only {naive.Pushed} times beside the others.");
        Assert.Equal(expected.OrderBy(static r => r.Key), naive.Rows.OrderBy(static r => r.Key));
    }

    private async Task WriteAsync(string tenant, string client, Random random)
    {
        var device = await site.DeviceAsync(tenant, client);
        var lsn = 1L;
        for (var batch = 0; batch < Batches; batch++)
        {
            var changes = Change.Inserts(lsn, random.Next(1, 4), $"{client}-{batch}");
            lsn += changes.Length;
            (await device.PushAsync(changes)).Ok();
        }
    }

    private sealed class NaiveClient(Device device, Random random)
    {
        private long _stored;
        private long _lsn;
        private JsonObject _clock = [];

        public Dictionary<string, string> Rows { get; } = [];

        public int Pushed { get; private set; }

        public async Task RegisterAsync() => Take((await device.RegisterAsync()).Ok());

        /// <summary>Pulls a page; whether it had anything.</summary>
        public async Task<bool> PullPageAsync()
        {
            var page = (await device.PullAsync(_stored, new() { ["max_entries"] = random.Next(1, 8) })).Ok();
            foreach (var change in page.Changes)
            {
                Rows[change.KeyText()] = change.DataText();
            }

            Take(page);
            return page.Changes.Length > 0;
        }

        /// <summary>Pushes a new row of its own, with the clock it was given in the message and in the change.</summary>
        public async Task PushAsync()
        {
            var key = $"naive-{++_lsn}";
            var clock = new JsonObject { ["vector_clock"] = _clock.DeepClone() };
            Rows[key] = key;
            Take((await device.PushWithAsync(clock, Change.Insert(_lsn, key, key, clock))).Ok());
            Pushed++;
        }

        private void Take(Answer answer)
        {
            _stored = answer.ServerLsn;
            _clock = answer.Json.Object("vector_clock").DeepClone().AsObject();
        }
    }
}
