using System.Security.Cryptography;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Property.Codec;

/// <summary>
/// Bytes that were stored once are read for ever. A file in <c>Golden</c> never changes; a new layout brings a new file, and this class
/// goes on reading the old one. What the files hold stands here, written out.
/// </summary>
public sealed class JournalGoldenTests
{
    private static readonly Registered FirstWord = new(
        Tiny.Client("a"), Tiny.Node("a"), Tiny.ServerGuid, [new("device", "mobile"), new("größe", "")], Tiny.Now, First: true);

    private static readonly Registered NextLife = FirstWord with
    {
        Node = Tiny.Node("a#1"),
        Metadata = [],
        AtMicros = Tiny.Now + 1,
        First = false,
    };

    // One zstd frame of a hundred bytes 7, as ZstdSharp 0.8.8 made it.
    private static readonly byte[] Frame = Convert.FromHexString("28B52FFD206445000010070701003F012C");

    [Theory]
    [InlineData("registered-1.bin", "96819C52AF292C56BC658FED7B500430814A5E2E8003824DC7AA17893649301B")]
    [InlineData("reregistered-1.bin", "F201555E793D31B144F0B7C13D0EDED9AA5DB8A6AD87ED27B65E3C213D0EFD78")]
    [InlineData("pushed-1.bin", "0AC6C08E55B6FC0D9A99FD4D8B481E5CB8E44A3DC3FE9011CF47007314EE428F")]
    [InlineData("pushed-1-refused.bin", "86E577F7C6D13BE2D38A52CC2D5484745D6CA0AD224F0636D5F13F917E5F98BA")]
    [InlineData("snapshot-1.bin", "E691C2586AAB1189EB560FBF7E9EA9FE44866500E40952E4B6FE59187A506EDE")]
    [InlineData("snapshot-2.bin", "24DD3BF8B4D0320031845A5C70472C7350C6C1BED7D2E6BB45B9C95DE2599D10")]
    [InlineData("forgotten-1.bin", "438EBBBCDF29712A97404386D29C8F4DF966BFD53E665D0B7EE4CDF3C26B9DC7")]
    [InlineData("seen-1.bin", "11C1ACB152B82371DFDA06A73079B96A116E844C7DB58892942797A502F9F78A")]
    [InlineData("pushed-2.bin", "593AACC2E1F84F6B8C5DAFFD1448AF66F66C6BE42D6A4D5BFBB3A19F4CDCB25B")]
    [InlineData("policy-1.bin", "F1DEACAF6FC63CA7C7F972F3E0CA243975509148FC5E3F981EC624AA06866E56")]
    [InlineData("pushed-3.bin", "9400E57F6C65BD93C510652EBA953C976BB6E4BB9352C1F0E3AF5C55B6455D25")]
    [InlineData("snapshot-4.bin", "7989E6B64213D385F13C5B59BFE511D837B937556511ABB998E5FE8696DC1FE3")]
    [InlineData("restored-1.bin", "B30CB4FE857ABE6F3E525AD070A706D2409E9741CAE0C47A281BD8F2F0D82713")]
    [InlineData("snapshot-3.bin", "C0CC589503234A0EAF91612E9959A940A10FEAB2F13B36E29BDCBD2497A8779B")]
    [InlineData("compacted-1.bin", "970C0BD13D28F9122866509BCF61894FB7D161E3D503FCCF7C47F4C0C55FB6BE")]
    [InlineData("compacted-1-settled.bin", "97AB791C5FEE2E914A3C7D84CCF88A88F4A13A7EF716DE12CA0D64DFB204E3E9")]
    [InlineData("compacted-1-gap.bin", "F73A544B841685DD080C76EE6B5F73392339824D305B8D76BF180374F3EC674A")]
    public void No_golden_file_has_changed(string file, string sha256) =>
        Assert.Equal(sha256, Convert.ToHexString(SHA256.HashData(Golden(file))));

    [Fact]
    public void A_first_registration_still_reads_and_writes() => ReadsAndWrites("registered-1.bin", "registered/1", FirstWord);

    [Fact]
    public void A_later_registration_still_reads_and_writes() => ReadsAndWrites("reregistered-1.bin", "reregistered/1", NextLife);

    [Fact]
    public void A_push_with_every_verdict_still_reads_and_writes() => ReadsAndWrites("pushed-1.bin", "pushed/1", EveryVerdict());

    [Fact]
    public void An_atomic_refusal_still_reads_and_writes() => ReadsAndWrites("pushed-1-refused.bin", "pushed/1", Refused());

    [Fact]
    public void A_push_that_policies_decided_still_reads_and_writes() => ReadsAndWrites("pushed-2.bin", "pushed/2", ByPolicy());

    [Fact]
    public void A_push_that_settled_conflicts_still_reads_and_writes() => ReadsAndWrites("pushed-3.bin", "pushed/3", Settling());

    [Fact]
    public void Policies_still_read_and_write() => ReadsAndWrites("policy-1.bin", "policy/1", Policies);

    [Fact]
    public void A_restoration_still_reads_and_writes() =>
        ReadsAndWrites("restored-1.bin", "restored/1", new Restored(Tiny.ServerGuid, Tiny.Now));

    [Fact]
    public void A_snapshot_of_a_restored_journal_still_reads() =>
        SnapshotSamples.Same(RestoredSnapshot(), SnapshotReader.Read(Golden("snapshot-4.bin"), JournalSamples.Hash)!);

    /// <summary>Its bytes depend on the zstd library's version, so only reading is fixed.</summary>
    [Fact]
    public void A_snapshot_still_reads() =>
        SnapshotSamples.Same(TimedSnapshot(), SnapshotReader.Read(Golden("snapshot-3.bin"), JournalSamples.Hash)!);

    /// <summary>The second format had no policies, no conflict log, and no times of rows.</summary>
    [Fact]
    public void A_snapshot_of_the_second_format_still_reads() =>
        SnapshotSamples.Same(Snapshot(), SnapshotReader.Read(Golden("snapshot-2.bin"), JournalSamples.Hash)!);

    /// <summary>The first format did not say when a client was last heard of.</summary>
    [Fact]
    public void A_snapshot_of_the_first_format_still_reads()
    {
        var now = Snapshot();
        var then = now with { Clients = [now.Clients[0] with { SeenMicros = null, Conflicts = 0 }], Times = [] };
        SnapshotSamples.Same(then, SnapshotReader.Read(Golden("snapshot-1.bin"), JournalSamples.Hash)!);
    }

    [Fact]
    public void The_end_of_a_client_still_reads_and_writes() =>
        ReadsAndWrites("forgotten-1.bin", "forgotten/1", new Forgotten(Tiny.Client("a"), Tiny.Now, ForgetReason.Silent));

    [Fact]
    public void Last_contacts_still_read_and_write() => ReadsAndWrites(
        "seen-1.bin", "seen/1", new Seen([new(Tiny.Client("a"), Tiny.Now), new(Tiny.Client("b.c"), Tiny.Now - 300)]));

    private static void ReadsAndWrites(string file, string manifest, TenantEvent e)
    {
        var golden = Golden(file);
        JournalSamples.Same(e is Pushed pushed ? JournalSamples.Kept(pushed) : e, JournalSamples.Reader.Read(manifest, golden));
        Assert.Equal(golden, EventWriter.Write(e));
        Assert.Equal(manifest, EventWriter.ManifestOf(e));
    }

    private static byte[] Golden(string file) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Codec", "Golden", file));

    private static Pushed EveryVerdict()
    {
        var plain = Change("tasks", [1, 2, 3], [10, 20, 30], local: 5);
        var packed = Change("notes", [9], [.. Enumerable.Repeat((byte)7, 100)], local: 6) with { Data = Frame, Compressed = true };
        var deleted = Change("tasks", [1, 2], [], local: 300) with { Operation = Operation.Delete };
        var refused = Change("notes", [4, 4], [0, 255], local: 400) with
        {
            Operation = Operation.Insert,
            Clock = Tiny.Clock((Tiny.Server, 2), (Tiny.Node("a#1"), 12)),
            BaseLsn = 2,
        };
        Judgement[] judgements =
        [
            new(Verdict.Accepted, 5, 1_000, 9, true, ConflictType.None, Tiny.Clock((Tiny.Node("b"), 2), (Tiny.Node("c#1"), 1L << 40))),
            new(Verdict.Accepted, 6, 1_001, 10, true, ConflictType.None, VectorClock.Empty),
            new(Verdict.Repeated, 2, 7, 3, false, ConflictType.None, VectorClock.Empty),
            new(Verdict.Superseded, 3, 8, 0, false, ConflictType.None, VectorClock.Empty),
            new(Verdict.Converged, 200, 999, 11, true, ConflictType.None, VectorClock.Empty),
            new(Verdict.Accepted, 300, 1_002, 11, false, ConflictType.None, VectorClock.Empty),
            new(Verdict.Conflicting, 400, 998, 12, true, ConflictType.DeletedOnServer, VectorClock.Empty),
        ];
        return Event(judgements, [plain, packed, default, default, default, deleted, refused]);
    }

    private static Pushed Refused()
    {
        var type = ConflictType.ConcurrentUpdate;
        Judgement[] judgements =
        [
            new(Verdict.Withdrawn, 5, 0, 9, true, ConflictType.None, VectorClock.Empty),
            new(Verdict.Conflicting, 6, 998, 10, true, type, VectorClock.Empty),
        ];
        return Event(judgements, [default, Change("tasks", [1], [2], local: 6)]) with { Refused = true, Author = Tiny.Node("a") };
    }

    private static Pushed ByPolicy()
    {
        var won = Change("tasks", [1, 2, 3], [10, 20, 30], local: 5);
        Judgement[] judgements =
        [
            new(Verdict.Accepted, 5, 1_000, 9, true, ConflictType.ConcurrentUpdate, Tiny.Clock((Tiny.Node("b"), 2)))
            {
                Policy = ConflictPolicy.LastWriteWins,
            },
            new(Verdict.Conflicting, 6, 998, 10, true, ConflictType.DeletedOnServer, VectorClock.Empty)
            {
                Policy = ConflictPolicy.ServerWins,
                ServerWon = true,
            },
            new(Verdict.Conflicting, 4, 997, 10, false, ConflictType.UpdatedOnServer, VectorClock.Empty)
            {
                Policy = ConflictPolicy.ClientWins,
            },
            new(Verdict.Accepted, 7, 1_001, 11, true, ConflictType.None, VectorClock.Empty),
        ];
        PushedChange[] changes =
        [
            won, Change("notes", [4], [5], local: 6), Change("notes", [6], [], local: 4) with { Operation = Operation.Delete },
            Change("tasks", [7], [8], local: 7),
        ];
        return Event(judgements, changes) with { WonOver = [990, 0, 0, 0] };
    }

    private static Pushed Settling() => ByPolicy() with
    {
        Settled = [new(41_007, ConflictState.Merged, 1_001), new(52_000, ConflictState.KeptServer, 0)],
    };

    private static ConflictEntry Conflict(long id, ConflictState state) => new(
        id,
        Tiny.Now,
        ConflictType.ConcurrentUpdate,
        ConflictPolicy.LastWriteWins,
        new RowVersion(new Hash128(1, 2), 0, 9, 5, 77, 1, Operation.Update, true, Tiny.Now - 5),
        new RowVersion(new Hash128(1, 2), 900, 3, 4, 78, 0, Operation.Insert, false, Tiny.Now - 6))
    {
        State = state,
        SettledMicros = state == ConflictState.Open ? 0 : Tiny.Now + 1,
        SettledBy = state == ConflictState.Open ? -1 : 0,
        SettledLsn = state == ConflictState.Merged ? 1_001 : 0,
    };

    private static PolicySet Policies { get; } = new(
        ConflictPolicies.TryCreate(
            ConflictPolicy.LastWriteWins, [new("tasks", ConflictPolicy.ClientWins), new("notes", ConflictPolicy.ServerWins)]),
        Tiny.Client("admin"),
        Tiny.ServerGuid,
        Tiny.Now);

    private static TenantSnapshot TimedSnapshot() => Snapshot() with
    {
        Policies = Policies.Policies,
        Conflicts = [Conflict(41_007, ConflictState.Merged), Conflict(52_000, ConflictState.Open)],
        Rows =
        [
            Snapshot().Rows[0].ToArray().Select(static (row, i) => row with { TimestampMicros = Tiny.Now + i }).ToArray(),
        ],
    };

    private static TenantSnapshot RestoredSnapshot() => TimedSnapshot() with
    {
        FormerServerNodes = [Guid.Parse("5e5e5e5e-0000-4000-8000-000000000002"), Guid.Parse("5e5e5e5e-0000-4000-8000-000000000003")],
        Clients = [Snapshot().Clients[0] with { MustRegister = true }],
    };

    private static Pushed Event(Judgement[] judgements, PushedChange[] changes) => new(
        Guid.Parse("660e8400-e29b-41d4-a716-446655440001"), new Hash128(0x0123_4567_89AB_CDEF, 0xFEDC_BA98_7654_3210), Tiny.Client("a"),
        Tiny.Node("a#1"), Tiny.Now, false, 1_000, judgements, changes, Limits.SafeIntegerMax, 12);

    private static PushedChange Change(string table, byte[] key, byte[] data, long local) => new(
        local, table, Operation.Update, key, data, false, VectorClock.Empty, 0, Tiny.Now - local, JournalSamples.Checksum(key, data),
        JournalSamples.Hash.OfRow(System.Text.Encoding.UTF8.GetBytes(table), key), JournalSamples.Hash.OfContent(data));

    private static TenantSnapshot Snapshot() => new(
        Tiny.ServerGuid,
        1_002,
        70,
        [new NodeState(Tiny.Node("a"), 5, 4, 3), new NodeState(Tiny.Node("a#1"), 400, 12, 11)],
        [
            new ClientSnapshot(Tiny.Client("a"), 1, [new("device", "mobile")], Tiny.Now, Tiny.Now + 7, 3,
                [new WindowEntry(Guid.Parse("660e8400-e29b-41d4-a716-446655440001"), new Hash128(1, 2), 70)]),
        ],
        [
            new RowVersion[]
            {
                new(new Hash128(1, 2), 1_000, 9, 5, 0xFEDC_BA98_7654_3210, 1, Operation.Update, true),
                new(new Hash128(ulong.MaxValue, 3), 1_002, 11, 300, 0, 0, Operation.Delete, false),
            },
        ],
        [new JournalMark(1, 2), new JournalMark(1_000, 70)],
        [new WriteMark(1, Tiny.Now - 5), new WriteMark(1_000, Tiny.Now + 7)]);
}
