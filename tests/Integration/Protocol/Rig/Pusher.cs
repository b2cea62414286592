using System.Text.Json.Nodes;

namespace HeliosSync.Integration.Protocol.Rig;

/// <summary>
/// One well-behaved client of a server that may die at any moment: it keeps a push until it is answered, and repeats it unchanged. Every
/// answer that it ever had is kept, for <see cref="Ledger"/> to hold the journal to.
/// </summary>
internal sealed class Pusher(string tenant, string client, string token, Random random)
{
    /// <summary>Rows that all clients of a tenant want; the others are a client's own.</summary>
    private const int SharedRows = 12;

    private readonly List<Settled> _settled = [];
    private JsonObject? _pending;
    private long _lsn;

    public string Tenant => tenant;

    public string Client => client;

    /// <summary>What was answered: the push as it was sent, and the outcome.</summary>
    public IReadOnlyList<Settled> Answered => _settled;

    /// <summary>The push that waits for an answer; null where none does.</summary>
    public JsonObject? Pending => _pending;

    /// <summary>Pushes that were found in the journal though nobody had answered them.</summary>
    public int FoundStored { get; private set; }

    /// <summary>Pushes that nobody had answered and the journal did not have.</summary>
    public int FoundAbsent { get; private set; }

    public Task<Answer> RegisterAsync(HttpClient http) => new Device(http, client, token).RegisterAsync();

    /// <summary>
    /// Repeats what is unanswered, and holds the answer to what the journal had of it; then pushes on, until the server is gone or
    /// <paramref name="pushes"/> are answered.
    /// </summary>
    public async Task RunAsync(HttpClient http, Ledger ledger, int pushes, Action answered)
    {
        var device = new Device(http, client, token);
        try
        {
            if (_pending is not null)
            {
                await RepeatAsync(device, ledger);
            }

            for (var n = 0; n < pushes; n++)
            {
                _pending ??= Next();
                var answer = await device.PostAsync("push", _pending);
                if (answer.Status == 503)
                {
                    return;
                }

                Settle(answer);
                answered();
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            // The server is gone: what is pending has an open outcome.
        }
    }

    private async Task RepeatAsync(Device device, Ledger ledger)
    {
        var pending = _pending!;
        var stored = pending.Objects("changes").Where(c => ledger.Find(client, c.Long("lsn")) > 0).ToArray();
        var answer = await device.PostAsync("push", pending);
        var again = await device.PostAsync("push", pending);
        Assert.Equal(Outcome.Of(answer), Outcome.Of(again));
        foreach (var change in stored)
        {
            // One copy: the repeat is acknowledged with the number that the change has.
            var at = answer.Accepted.IndexOf(change.Long("lsn"));
            Assert.Equal(ledger.Find(client, change.Long("lsn")), answer.Assigned[at]);
        }

        if (stored.Length > 0)
        {
            // The outcome of a push and its changes are one event: where one change was stored, the repeat writes nothing.
            Assert.All(answer.Assigned, lsn => Assert.InRange(lsn, 1, ledger.Head));
            FoundStored++;
        }
        else
        {
            FoundAbsent++;
        }

        Settle(answer);
    }

    private void Settle(Answer answer)
    {
        Assert.True(answer.Status is 200 or 409, $"{answer.Status}: {answer.Json.ToJsonString()}");
        _settled.Add(new Settled(_pending!, Outcome.Of(answer)));
        _pending = null;
    }

    private JsonObject Next()
    {
        var changes = Enumerable.Range(0, random.Next(1, 4)).Select(_ =>
        {
            var key = random.Next(4) == 0 ? $"shared-{random.Next(SharedRows)}" : $"{client}-{_lsn + 1}";
            return Change.Insert(++_lsn, key, $"{client} {_lsn}");
        }).ToArray();
        var push = Body.Push(client, changes);
        return random.Next(8) == 0 ? push.With(new() { ["atomic"] = true }) : push;
    }
}

/// <summary>A push and the outcome it was answered with.</summary>
internal sealed record Settled(JsonObject Push, Outcome Outcome);

/// <summary>What a push led to: the part of an answer that never changes however often the push is repeated.</summary>
internal sealed record Outcome(int Status, string Text, IReadOnlyDictionary<long, long> Assigned, IReadOnlyList<long> Refused)
{
    public static Outcome Of(Answer answer)
    {
        var refused = answer.Conflicts.Select(static c => c.Long("lsn")).ToList();
        var assigned = answer.Status == 200
            ? answer.Accepted.Zip(answer.Assigned).ToDictionary(static p => p.Item1, static p => p.Item2)
            : [];
        var text = string.Join(',', assigned.Select(static a => $"{a.Key}:{a.Value}")) + ";" + answer.Json["conflicts"]!.ToJsonString();
        return new Outcome(answer.Status, text, assigned, refused);
    }

    public bool Equals(Outcome? other) => other is not null && (Status, Text) == (other.Status, other.Text);

    public override int GetHashCode() => HashCode.Combine(Status, Text);
}
