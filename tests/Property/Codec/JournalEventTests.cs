using FsCheck;
using FsCheck.Xunit;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Property.Codec;

/// <summary>Journal bytes give back the event that they were made of.</summary>
[Properties(MaxTest = 500)]
public sealed class JournalEventTests
{
    [Property]
    public void A_push_reads_back_as_it_was_written(DoNotSize<int> seed)
    {
        var e = JournalSamples.Pushed(new Random(seed.Item), firstLsn: 1 + Math.Abs((long)seed.Item));
        var bytes = EventWriter.Write(e);
        JournalSamples.Same(JournalSamples.Kept(e), JournalSamples.Reader.Read(EventWriter.ManifestOf(e), bytes));
    }

    [Property]
    public void A_registration_reads_back_as_it_was_written(DoNotSize<int> seed)
    {
        var e = JournalSamples.Registered(new Random(seed.Item));
        JournalSamples.Same(e, JournalSamples.Reader.Read(EventWriter.ManifestOf(e), EventWriter.Write(e)));
    }

    [Property]
    public void A_clients_end_last_contacts_and_a_restoration_read_back_as_they_were_written(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        TenantEvent[] all = [JournalSamples.Forgotten(random), JournalSamples.Seen(random), JournalSamples.Restored(random)];
        foreach (var e in all)
        {
            JournalSamples.Same(e, JournalSamples.Reader.Read(EventWriter.ManifestOf(e), EventWriter.Write(e)));
        }
    }

    [Property]
    public void What_was_read_back_writes_the_same_bytes(DoNotSize<int> seed)
    {
        var bytes = EventWriter.Write(JournalSamples.Pushed(new Random(seed.Item)));
        var read = JournalSamples.Reader.Read(EventManifests.Pushed, bytes);
        Assert.Equal(bytes, EventWriter.Write(read));
    }

    [Property]
    public void A_view_shows_what_reading_gives(DoNotSize<int> seed)
    {
        var e = JournalSamples.Pushed(new Random(seed.Item));
        var view = new PushedView(EventWriter.Write(e));
        Assert.Equal(
            (e.Message, e.Digest, e.Refused, e.AtMicros, e.FirstLsn, e.Judgements.Length, e.AcceptedCount, e.JudgedLsn, e.JudgedCounter),
            (view.Message, view.Digest, view.Refused, view.AtMicros, view.FirstLsn, view.ChangeCount, view.LsnCount, view.JudgedLsn,
                view.JudgedCounter));
        Assert.Equal(e.FirstLsn + e.AcceptedCount - 1, view.LastLsn);
        Assert.Equal((e.Client.Value, e.Author.Value), (Text(view.Client), Text(view.Author)));
        var at = 0;
        foreach (var outcome in view.Outcomes())
        {
            SameOutcome(e, at++, outcome);
        }

        Assert.Equal(e.Judgements.Length, at);
    }

    [Property]
    public void A_view_walks_and_finds_the_accepted_changes_whole(DoNotSize<int> seed)
    {
        var e = JournalSamples.Pushed(new Random(seed.Item), firstLsn: 10);
        var view = new PushedView(EventWriter.Write(e));
        var accepted = Enumerable.Range(0, e.Changes.Length).Where(i => e.Judgements.Span[i].Verdict == Verdict.Accepted).ToArray();
        var walked = new List<StoredChange>();
        foreach (var change in view.Accepted())
        {
            walked.Add(change);
        }

        Assert.Equal(accepted.Length, walked.Count);
        for (var i = 0; i < accepted.Length; i++)
        {
            SameChange(e, accepted[i], walked[i]);
            Assert.True(view.TryFind(10 + i, out var found));
            SameChange(e, accepted[i], found);
        }

        Assert.False(view.TryFind(9, out _));
        Assert.False(view.TryFind(10 + accepted.Length, out _));
    }

    [Property]
    public void A_detached_change_is_the_same_in_memory_of_its_own(DoNotSize<int> seed)
    {
        var e = JournalSamples.Pushed(new Random(seed.Item));
        var bytes = EventWriter.Write(e);
        foreach (var change in new PushedView(bytes).Accepted())
        {
            var (whole, bare) = (change.Detach(withData: true), change.Detach(withData: false));
            var at = e.Judgements.ToArray().ToList().FindIndex(j => j.Verdict == Verdict.Accepted && j.Lsn == change.Lsn);
            Array.Clear(bytes);
            SameChange(e, at, whole);
            Assert.True(bare.Data.IsEmpty);
            Assert.Equal(whole.Key.ToArray(), bare.Key.ToArray());
            return;
        }
    }

    [Fact]
    public void Every_event_has_the_manifest_of_its_kind()
    {
        var e = JournalSamples.Registered(new Random(1));
        Assert.Equal("registered/1", EventWriter.ManifestOf(e with { First = true }));
        Assert.Equal("reregistered/1", EventWriter.ManifestOf(e with { First = false }));
        Assert.Equal("forgotten/1", EventWriter.ManifestOf(JournalSamples.Forgotten(new Random(1))));
        Assert.Equal("seen/1", EventWriter.ManifestOf(JournalSamples.Seen(new Random(1))));
        Assert.Equal("pushed/1", EventWriter.ManifestOf(JournalSamples.Pushed(new Random(1))));
    }

    private static void SameOutcome(Pushed e, int at, in StoredOutcome outcome)
    {
        var judgement = e.Judgements.Span[at];
        Assert.Equal(
            (judgement.Verdict, judgement.LocalLsn, judgement.Lsn, judgement.Conflict),
            (outcome.Verdict, outcome.LocalLsn, outcome.Lsn, outcome.Conflict));
        var conflict = judgement.Verdict == Verdict.Conflicting;
        Assert.Equal(conflict ? Resolution.Rejected : 0, outcome.Resolution);
        Assert.Equal(conflict ? e.Changes.Span[at].Table : "", Text(outcome.Table));
        Assert.Equal(conflict ? e.Changes.Span[at].Key.ToArray() : [], outcome.Key.ToArray());
    }

    private static void SameChange(Pushed e, int at, in StoredChange stored)
    {
        var (judgement, change) = (e.Judgements.Span[at], e.Changes.Span[at]);
        Assert.Equal(
            (judgement.Lsn, change.Operation, change.Compressed, change.DataBytes, change.TimestampMicros, change.Checksum),
            (stored.Lsn, stored.Operation, stored.Compressed, stored.DataBytes, stored.TimestampMicros, stored.Checksum));
        Assert.Equal((change.Table, e.Author.Value), (Text(stored.Table), Text(stored.Author)));
        Assert.Equal((change.LocalLsn, judgement.Counter, judgement.Others), (stored.AuthorLsn, stored.Counter, stored.Others));
        Assert.Equal(change.Key.ToArray(), stored.Key.ToArray());
        Assert.Equal(change.Data.ToArray(), stored.Data.ToArray());
    }

    private static string Text(ReadOnlyMemory<byte> utf8) => System.Text.Encoding.UTF8.GetString(utf8.Span);
}
