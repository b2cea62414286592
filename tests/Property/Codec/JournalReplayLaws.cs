using FsCheck.Xunit;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Property.Codec;

/// <summary>The journal keeps all that a tenant is: replayed through its bytes, a run ends in the same state (testing.md 1).</summary>
[Properties(Arbitrary = [typeof(HistoryArbitraries)], MaxTest = 200)]
public sealed class JournalReplayLaws
{
    /// <summary>An event as the journal keeps it.</summary>
    private readonly record struct Row(string Manifest, byte[] Bytes, long Sequence);

    [Property]
    public void The_stored_events_of_a_run_rebuild_its_state(History history)
    {
        var arena = Arena.After(history);
        var (told, replayed) = (new Tenant(), new Tenant());
        foreach (var (e, sequence) in arena.Journal)
        {
            var row = Store(e, sequence);
            told.Apply(Rehashed(e), sequence, row.Bytes.Length);
            Replay(replayed, row);
            Assert.Equal(Portrait.Of(told.Freeze()), Portrait.Of(replayed.Freeze()));
        }

        Assert.Equal(arena.Tenant.Head, replayed.Head);
    }

    [Property]
    public void So_do_a_snapshot_and_the_tail_for_every_place_the_snapshot_can_stand(History history)
    {
        var journal = Arena.After(history).Journal.Select(e => Store(e.Event, e.Sequence)).ToArray();
        var whole = new Tenant();
        var snapshots = new List<byte[]>();
        foreach (var row in journal)
        {
            Replay(whole, row);
            snapshots.Add(SnapshotWriter.Write(whole.Freeze(), JournalSamples.Hash));
        }

        for (var at = 0; at < snapshots.Count; at++)
        {
            var restored = new Tenant(SnapshotReader.Read(snapshots[at], JournalSamples.Hash)!);
            foreach (var row in journal[(at + 1)..])
            {
                Replay(restored, row);
            }

            Assert.Equal(Portrait.Of(whole.Freeze(), marks: false), Portrait.Of(restored.Freeze(), marks: false));
        }
    }

    /// <summary>The window of message ids lives in the stored events: a repeat after a replay is a repeat.</summary>
    [Property]
    public void After_a_replay_every_push_of_the_window_is_known(History history)
    {
        var arena = Arena.After(history);
        var replayed = new Tenant();
        foreach (var (e, sequence) in arena.Journal)
        {
            Replay(replayed, Store(e, sequence));
        }

        foreach (var (push, _) in arena.Pushes)
        {
            var (before, after) = (arena.Tenant.Decide(push, Tiny.Now), replayed.Decide(push, Tiny.Now));
            Assert.Equal((before.RepeatOf, before.Refusal?.Code), (after.RepeatOf, after.Refusal?.Code));
        }
    }

    private static Row Store(TenantEvent e, long sequence) => new(EventWriter.ManifestOf(e), EventWriter.Write(Rehashed(e)), sequence);

    private static void Replay(Tenant tenant, in Row row) =>
        tenant.Apply(JournalSamples.Reader.Read(row.Manifest, row.Bytes), row.Sequence, row.Bytes.Length);

    /// <summary>The event with the real hashes instead of the stand-ins of the domain's tests.</summary>
    private static TenantEvent Rehashed(TenantEvent e) => e is not Pushed pushed
        ? e
        : pushed with
        {
            Changes = pushed.Changes.ToArray().Select(c => c with
            {
                Row = JournalSamples.Hash.OfRow("t"u8, c.Key.Span),
                Content = JournalSamples.Hash.OfContent(c.Data.Span),
            }).ToArray(),
        };
}
