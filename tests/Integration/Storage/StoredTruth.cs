using HeliosSync.Actors;
using HeliosSync.Codec;
using HeliosSync.Domain;
using HeliosSync.Integration.Actors;

namespace HeliosSync.Integration.Storage;

/// <summary>
/// What a journal held before it was damaged: every change of every tenant, and the outcome of every push. A server may answer with
/// this, or say that its storage is unavailable; anything else is wrong data.
/// </summary>
internal sealed class StoredTruth
{
    private static readonly string[] Tenants = ["a", "b", "c"];

    private readonly Dictionary<string, List<(Push Push, byte[] Outcome)>> _pushes = [];
    private readonly Dictionary<string, List<(long Lsn, string Key, string Data)>> _changes = [];

    /// <summary>Answers that were the truth.</summary>
    public int Served { get; private set; }

    /// <summary>Answers that said that the storage is unavailable.</summary>
    public int Unavailable { get; private set; }

    /// <summary>
    /// Pushes of two clients of three tenants that do the same at the same time, so that an event of one tenant would fit well into
    /// another's journal; every third push meets a conflict.
    /// </summary>
    public static async Task<StoredTruth> FillAsync(ServerRig rig, int pushes)
    {
        var truth = new StoredTruth();
        foreach (var tenant in Tenants)
        {
            await rig.RegisterAsync(tenant, "c");
            await rig.RegisterAsync(tenant, "d");
            truth._pushes[tenant] = [];
        }

        for (var i = 0; i < pushes; i++)
        {
            foreach (var tenant in Tenants)
            {
                var client = i % 3 == 2 ? "d" : "c";
                var key = i % 3 == 2 ? $"{tenant}-k{i - 1}" : $"{tenant}-k{i}";
                var push = rig.Inserts(client, Guid.NewGuid(), (i + 1, key, $"{tenant} {i} {new string('x', i * 37 % 500)}"));
                var (refusal, stored) = await rig.PushAsync(tenant, push);
                Assert.Null(refusal);
                truth._pushes[tenant].Add((push, stored!.Event.ToArray()));
            }
        }

        foreach (var tenant in Tenants)
        {
            truth._changes[tenant] = await rig.PullAllAsync(tenant, "c");
        }

        return truth;
    }

    /// <summary>Asks for everything there is, in small pages and large ones, repeats every push, and pushes once more.</summary>
    public async Task HoldsAsync(SyncServer server, ServerRig rig)
    {
        foreach (var tenant in Tenants)
        {
            await PullsAsync(server, tenant, 4, _changes[tenant]);
            foreach (var (push, outcome) in _pushes[tenant])
            {
                await RepeatsAsync(server, tenant, push, outcome);
            }

            var more = rig.Inserts("c", Guid.NewGuid(), (10_000, $"{tenant}-more", "more"));
            var (refusal, stored) = await server.PushAsync(ServerRig.Tenant(tenant), new PushBatch(more));
            var expected = _changes[tenant];
            if (!IsUnavailable(refusal))
            {
                var lsn = Assert.Single(Accepted(stored!.Event));
                Assert.Equal(expected.Count + 1, lsn);
                expected = [.. expected, (lsn, $"{tenant}-more", "more")];
            }

            await PullsAsync(server, tenant, 1_000, expected);
        }
    }

    /// <summary>Whether the server of these tenants answers with the truth.</summary>
    public async Task<bool> ServesAsync(SyncServer server, string tenant)
    {
        var before = Unavailable;
        await PullsAsync(server, tenant, 3, _changes[tenant]);
        foreach (var (push, outcome) in _pushes[tenant])
        {
            await RepeatsAsync(server, tenant, push, outcome);
        }

        return Unavailable == before;
    }

    private async Task PullsAsync(SyncServer server, string tenant, int entries, List<(long Lsn, string Key, string Data)> expected)
    {
        var at = 0;
        string? token = null;
        do
        {
            var pull = new Pull(Guid.NewGuid(), ServerRig.Client("c"), 0, entries, token, null, null, false, false, false);
            var (refusal, reply) = await server.PullAsync(ServerRig.Tenant(tenant), pull);
            if (IsUnavailable(refusal))
            {
                return;
            }

            foreach (var change in ServerRig.Changes(reply!.Page))
            {
                Assert.Equal(expected[at++], change);
            }

            token = reply.ContinuationToken;
        }
        while (token is not null);
        Assert.Equal(expected.Count, at);
    }

    private async Task RepeatsAsync(SyncServer server, string tenant, Push push, byte[] outcome)
    {
        var (refusal, reply) = await server.PushAsync(ServerRig.Tenant(tenant), new PushBatch(push));
        if (IsUnavailable(refusal))
        {
            return;
        }

        Assert.Equal(outcome, reply!.Event.ToArray());
        foreach (var met in reply.ServerChanges.Values)
        {
            var change = met.Change;
            Assert.Equal(_changes[tenant].Single(c => c.Lsn == change.Lsn), ServerRig.Change(change));
        }
    }

    private bool IsUnavailable(Refusal? refusal)
    {
        if (refusal is null)
        {
            Served++;
            return false;
        }

        Assert.Equal(ErrorCode.StorageUnavailable, refusal.Code);
        Unavailable++;
        return true;
    }

    private static List<long> Accepted(ReadOnlyMemory<byte> pushed)
    {
        var lsns = new List<long>();
        foreach (var change in new PushedView(pushed).Accepted())
        {
            lsns.Add(change.Lsn);
        }

        return lsns;
    }
}
