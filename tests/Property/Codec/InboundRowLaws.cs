using FsCheck;
using FsCheck.Xunit;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Property.Codec;

/// <summary>What bodies mean once they are judged: which row a change is of, and what its clock says (protocol 5.1, 5.3).</summary>
[Properties(MaxTest = 200)]
public sealed class InboundRowLaws : IDisposable
{
    private readonly ZstdFrames _zstd = new();

    /// <summary>The same key in another table is another row: whatever stands in the one, nothing is known of the other.</summary>
    [Property]
    public async Task Other_tables_never_matter(DoNotSize<int> seed)
    {
        var push = InboundPush.Of(seed.Item) with { ServerNode = null, Atomic = false, Clock = [] };
        var standing = push.Changes[0] with { Lsn = 1, Operation = Operation.Insert, Clock = [], BaseLsn = 0 };
        var incoming = standing with { Lsn = 1, Operation = Operation.Update, Data = [.. standing.Data, 1] };
        var table = standing.Table == "tasks" ? "other" : "tasks";

        Assert.Equal(Verdict.Conflicting, await Judged(standing, incoming));
        Assert.Equal(Verdict.Accepted, await Judged(standing, incoming with { Table = table }));
        Assert.Equal(Verdict.Accepted, await Judged(standing, incoming with { Key = [.. standing.Key, 0] }));
    }

    /// <summary>A clock entry of 0 is no entry: neither the message nor its digest knows that it was written.</summary>
    [Property]
    public async Task An_entry_of_0_is_as_if_it_were_not_there(DoNotSize<int> seed)
    {
        var push = InboundPush.Of(seed.Item);
        var changes = push.Changes.Select(static c => c with { Clock = WithZero(c.Clock) });
        var with = push with { Clock = WithZero(push.Clock), Changes = [.. changes] };
        using var left = await Read(push);
        using var right = await Read(with);
        Assert.Equal(left.Push.Digest, right.Push.Digest);
        Assert.Equal(left.Push.Clock, right.Push.Clock);
        Assert.Equal(left.Push.Changes.ToArray().Select(static c => c.Clock), right.Push.Changes.ToArray().Select(static c => c.Clock));
    }

    public void Dispose() => _zstd.Dispose();

    private static Dictionary<string, long> WithZero(Dictionary<string, long> clock) => new(clock) { ["nobody"] = 0 };

    /// <summary>What becomes of a client's change where another client's stands.</summary>
    private async Task<Verdict> Judged(InboundChange standing, InboundChange incoming)
    {
        var tenant = new Tenant();
        var sequence = 0;
        foreach (var client in new[] { "b", "a" })
        {
            var known = ClientId.TryParse(client, out var id) ? id : default;
            tenant.Apply(new Registered(known, NodeId.Of(known), Tiny.ServerGuid, [], Tiny.Now, true), ++sequence, 1);
        }

        var verdict = default(Verdict);
        foreach (var (client, change) in new[] { ("b", standing), ("a", incoming) })
        {
            using var batch = await Read(new InboundPush(Guid.NewGuid(), client, [change], [], null, false));
            var judged = tenant.Decide(batch.Push, Tiny.Now).Event!;
            tenant.Apply(judged, ++sequence, 1);
            verdict = judged.Judgements.Span[0].Verdict;
        }

        return verdict;
    }

    private async Task<PushBatch> Read(InboundPush push)
    {
        var body = new InboundPieces(new InboundText(push.Changes.Length).Write(push));
        return (await new PushReader(InboundRead.Hash, _zstd).ReadAsync(body, CancellationToken.None)).Value!;
    }
}
