using FsCheck;
using FsCheck.Xunit;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Property.Codec;

/// <summary>What conflict policies bring into the journal: <c>pushed/2</c> and <c>policy/1</c>.</summary>
[Properties(MaxTest = 500)]
public sealed class JournalPolicyTests
{
    [Property]
    public void A_push_that_policies_decided_reads_back_as_it_was_written(DoNotSize<int> seed)
    {
        var e = JournalSamples.PushedByPolicy(new Random(seed.Item));
        var bytes = EventWriter.Write(e);
        var manifest = EventWriter.ManifestOf(e);
        Assert.Equal(e.Settled is null ? "pushed/2" : "pushed/3", manifest);
        Assert.Equal(e.Settled, new PushedView(bytes).Settled());
        var read = JournalSamples.Reader.Read(manifest, bytes);
        JournalSamples.Same(JournalSamples.Kept(e), read);
        Assert.Equal(bytes, EventWriter.Write(read));
    }

    [Property]
    public void Policies_read_back_as_they_were_written(DoNotSize<int> seed)
    {
        var e = JournalSamples.PolicySet(new Random(seed.Item));
        Assert.Equal(e, JournalSamples.Reader.Read(EventWriter.ManifestOf(e), EventWriter.Write(e)));
    }

    [Property]
    public void A_view_shows_how_each_conflict_ended(DoNotSize<int> seed)
    {
        var e = JournalSamples.PushedByPolicy(new Random(seed.Item));
        var at = 0;
        foreach (var outcome in new PushedView(EventWriter.Write(e)).Outcomes())
        {
            var judgement = e.Judgements.Span[at];
            var met = judgement.Conflict == ConflictType.None ? 0 : e.WonOver?[at] is > 0 and var won ? won : judgement.Lsn;
            Assert.Equal(
                (judgement.Verdict, judgement.Conflict, judgement.Resolution, judgement.Policy, met),
                (outcome.Verdict, outcome.Conflict, outcome.Resolution, outcome.Policy, outcome.MetLsn));
            var named = judgement.Conflict == ConflictType.None ? "" : e.Changes.Span[at].Table;
            Assert.Equal(named, System.Text.Encoding.UTF8.GetString(outcome.Table.Span));
            at++;
        }
    }

    [Property]
    public void One_flipped_bit_is_refused_by_replay(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        TenantEvent e = random.Next(2) == 0 ? JournalSamples.PushedByPolicy(random) : JournalSamples.PolicySet(random);
        var bytes = EventWriter.Write(e);
        bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
        Assert.Throws<InvalidDataException>(() => JournalSamples.Reader.Read(EventWriter.ManifestOf(e), bytes));
    }

    [Property(MaxTest = 3_000)]
    public void Mutated_bytes_with_a_good_crc_read_or_are_refused(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        TenantEvent e = random.Next(2) == 0 ? JournalSamples.PushedByPolicy(random) : JournalSamples.PolicySet(random);
        var mutated = JournalCorruptionTests.Sealed(JournalCorruptionTests.Mutate(random, EventWriter.Write(e)[..^4]));
        try
        {
            Apply(JournalSamples.Reader.Read(EventWriter.ManifestOf(e), mutated));
        }
        catch (InvalidDataException)
        {
            // As it must be.
        }
    }

    /// <summary>A manifest says what its reader may expect, so bytes of another format under it are no event of ours.</summary>
    [Fact]
    public void An_event_under_the_other_formats_manifest_is_refused()
    {
        var random = new Random(1);
        Refused("pushed/1", EventWriter.Write(JournalSamples.PushedByPolicy(random)));
        Refused("pushed/2", EventWriter.Write(JournalSamples.Pushed(random) with { Settled = [new(1, ConflictState.Merged, 1)] }));
        Refused("pushed/2", EventWriter.Write(JournalSamples.Pushed(random)));
    }

    [Theory]
    [InlineData(Resolution.Rejected, ConflictPolicy.Reject, true)]
    [InlineData(Resolution.ServerWon, ConflictPolicy.ServerWins, true)]
    [InlineData(Resolution.ServerWon, ConflictPolicy.Reject, false)]
    [InlineData(Resolution.ClientWon, ConflictPolicy.ClientWins, false)]
    [InlineData((Resolution)0, ConflictPolicy.ServerWins, false)]
    [InlineData((Resolution)4, ConflictPolicy.ServerWins, false)]
    [InlineData(Resolution.ServerWon, (ConflictPolicy)4, false)]
    public void A_lost_conflict_reads_where_its_resolution_and_policy_can_be(Resolution resolution, ConflictPolicy policy, bool isGood)
    {
        var change = Tiny.Change(7, Operation.Update, 9, 1);
        var judgement = AnswerSamples.Judged(Verdict.Conflicting, 7, 12, ConflictType.ConcurrentUpdate) with
        {
            Policy = ConflictPolicy.LastWriteWins,
        };
        var bytes = EventWriter.Write(AnswerSamples.Event(20, false, (judgement, change)));
        var kindAt = new PushedView(bytes).RecordsAt - 2;
        Assert.Equal((byte)ConflictPolicy.LastWriteWins, bytes[kindAt + 1]);
        bytes[kindAt] = (byte)((int)ConflictType.ConcurrentUpdate | ((int)resolution << 4));
        bytes[kindAt + 1] = (byte)policy;
        if (isGood)
        {
            var read = (Pushed)JournalSamples.Reader.Read("pushed/2", JournalCorruptionTests.Sealed(bytes[..^4]));
            Assert.Equal((resolution, policy), (read.Judgements.Span[0].Resolution, read.Judgements.Span[0].Policy));
        }
        else
        {
            Refused("pushed/2", bytes);
        }
    }

    /// <summary>A version that lost stood below the change that won over it.</summary>
    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(19, true)]
    [InlineData(20, false)]
    public void What_a_change_won_over_reads_where_it_can_be(long met, bool isGood)
    {
        var judgement = AnswerSamples.Judged(Verdict.Accepted, 7, 20, ConflictType.ConcurrentUpdate) with
        {
            Policy = ConflictPolicy.ClientWins,
        };
        var e = AnswerSamples.Event(20, false, (judgement, Tiny.Change(7, Operation.Update, 9, 1))) with { WonOver = [met] };
        if (isGood)
        {
            Assert.Equal([met], ((Pushed)JournalSamples.Reader.Read("pushed/2", EventWriter.Write(e))).WonOver!);
        }
        else
        {
            Refused("pushed/2", EventWriter.Write(e));
        }
    }

    /// <summary>A mutation may ask for anything; what is read must be something that a tenant can take, or is refused by it.</summary>
    private static void Apply(TenantEvent e)
    {
        try
        {
            new Tenant().Apply(e, 1, 100);
        }
        catch (ArgumentException)
        {
            // A push of a client that never registered.
        }
    }

    private static void Refused(string manifest, byte[] bytes) => Assert.Throws<InvalidDataException>(
        () => JournalSamples.Reader.Read(manifest, JournalCorruptionTests.Sealed(bytes[..^4])));
}
