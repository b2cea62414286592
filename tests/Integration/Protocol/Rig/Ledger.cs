using System.Text.Json.Nodes;

namespace HeliosSync.Integration.Protocol.Rig;

/// <summary>All of a tenant's journal as a pull gives it, and the checks that hold of it whatever happened to the server.</summary>
internal sealed class Ledger
{
    private readonly List<JsonObject> _changes;
    private readonly Dictionary<(string Author, long Lsn), long> _byAuthor = [];

    private Ledger(List<JsonObject> changes) => _changes = changes;

    public static Ledger Empty { get; } = new([]);

    public long Head => _changes.Count;

    /// <summary>Reads the journal: numbers are dense, and no author's number stands twice.</summary>
    public static async Task<Ledger> ReadAsync(Device device)
    {
        var ledger = new Ledger(await device.PullAllAsync(0, new() { ["encoding"] = "base64" }));
        for (var i = 0; i < ledger._changes.Count; i++)
        {
            var change = ledger._changes[i];
            Assert.Equal(i + 1, change.Long("lsn"));
            var place = (change.Text("author"), change.Long("author_lsn"));
            Assert.True(ledger._byAuthor.TryAdd(place, i + 1), $"{place} is stored twice.");
        }

        return ledger;
    }

    /// <summary>The number of an author's change; 0 where it is not stored.</summary>
    public long Find(string author, long lsn) => _byAuthor.GetValueOrDefault((author, lsn));

    /// <summary>What a number stood for once, it stands for for ever.</summary>
    public void Continues(Ledger earlier)
    {
        Assert.True(Head >= earlier.Head, $"The head was {earlier.Head} and is {Head}.");
        for (var i = 0; i < earlier._changes.Count; i++)
        {
            Assert.Equal(earlier._changes[i].ToJsonString(), _changes[i].ToJsonString());
        }
    }

    /// <summary>What was acknowledged to this client is there, what was refused is not, and what nobody sent is not.</summary>
    public void Holds(Pusher pusher)
    {
        var known = new HashSet<long>();
        foreach (var (push, outcome) in pusher.Answered)
        {
            foreach (var change in push.Objects("changes"))
            {
                var lsn = change.Long("lsn");
                if (outcome.Assigned.TryGetValue(lsn, out var assigned))
                {
                    known.Add(lsn);
                    Acknowledged(pusher.Client, change, assigned);
                }
                else
                {
                    Assert.Equal(0, Find(pusher.Client, lsn));
                    Assert.True(outcome.Status == 409 || outcome.Refused.Contains(lsn), $"{lsn} stands nowhere in its answer.");
                }
            }
        }

        known.UnionWith(pusher.Pending?.Objects("changes").Select(static c => c.Long("lsn")) ?? []);
        Assert.All(_byAuthor.Keys.Where(k => k.Author == pusher.Client), k => Assert.Contains(k.Lsn, known));
    }

    private void Acknowledged(string client, JsonObject change, long assigned)
    {
        Assert.InRange(assigned, 1, Head);
        var stored = _changes[(int)assigned - 1];
        Assert.Equal(change.KeyText(), stored.KeyText());
        Assert.Equal(change.DataText(), stored.DataText());
        Assert.Equal((client, change.Long("lsn")), (stored.Text("author"), stored.Long("author_lsn")));
    }
}
