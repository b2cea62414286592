using System.IO.Hashing;
using System.Text;
using HeliosSync.Codec;
using HeliosSync.Domain;
using ZstdSharp;

namespace HeliosSync.Property.Codec;

/// <summary>Events as the domain makes them, out of tiny alphabets, with the real hashes; and what reading them back must give.</summary>
internal static class JournalSamples
{
    public static readonly KeyedHash Hash = new("0123456789abcdef"u8);

    public static readonly ZstdFrames Zstd = new();

    private static readonly string[] Tables = ["t", "tasks", "a.b:c$d-e_f", new string('T', Limits.TableCharsMax)];

    private static readonly NodeId[] Authors = [Tiny.Node("a"), Tiny.Node("a#1"), Tiny.Node("a#second-life")];

    public static EventReader Reader { get; } = new(Hash, Zstd);

    public static Registered Registered(Random random) => new(
        Tiny.Client("a"),
        random.GetItems(Authors, 1)[0],
        Tiny.ServerGuid,
        [.. Enumerable.Range(0, random.Next(4)).Select(i => new MetadataEntry($"name {i}", random.Next(2) == 0 ? "" : "größe \U0001F600"))],
        Number(random),
        random.Next(2) == 0);

    public static Forgotten Forgotten(Random random) =>
        new(Tiny.Client("a"), Number(random) - Number(random), (ForgetReason)random.Next(1, 3));

    public static Restored Restored(Random random) => new(new Guid(Bytes(random, 16)), Number(random) - Number(random));

    public static Seen Seen(Random random) => new(
        [.. Enumerable.Range(0, random.Next(4)).Select(i => new Contact(Tiny.Client($"a{i}"), Number(random) - Number(random)))]);

    /// <summary>A judged push with any verdicts, whether or not a judge would come to them.</summary>
    public static Pushed Pushed(Random random, long firstLsn = 1, int changesMax = 6)
    {
        var refused = random.Next(4) == 0;
        var count = random.Next(1, changesMax + 1);
        var changes = new PushedChange[count];
        var judgements = new Judgement[count];
        var next = firstLsn;
        for (var i = 0; i < count; i++)
        {
            changes[i] = Change(random);
            var verdict = refused
                ? (random.Next(2) == 0 ? Verdict.Conflicting : Verdict.Withdrawn)
                : (Verdict)random.Next((int)Verdict.Accepted, (int)Verdict.Withdrawn);
            judgements[i] = new Judgement(
                verdict,
                changes[i].LocalLsn,
                verdict switch { Verdict.Accepted => next++, Verdict.Withdrawn => 0, _ => 1 + Number(random) % firstLsn },
                Number(random),
                random.Next(2) == 0,
                verdict == Verdict.Conflicting ? (ConflictType)random.Next(1, 5) : ConflictType.None,
                verdict == Verdict.Accepted && random.Next(3) == 0 ? Others(random) : VectorClock.Empty);
        }

        return new Pushed(
            new Guid(Bytes(random, 16)), new Hash128((ulong)random.NextInt64(), (ulong)random.NextInt64()), Tiny.Client("a"),
            random.GetItems(Authors, 1)[0], Tiny.Now + random.Next(1_000), refused, firstLsn, judgements, changes, Number(random),
            Number(random));
    }

    /// <summary>A judged push whose conflicts were decided by policies, of which there is one at least.</summary>
    public static Pushed PushedByPolicy(Random random, long firstLsn = 1_000)
    {
        var e = Pushed(random, firstLsn);
        while (e.Refused)
        {
            e = Pushed(random, firstLsn);
        }

        var wonOver = new long[e.Judgements.Length];
        Judgement[] judgements = [.. e.Judgements.Span];
        for (var i = 0; i < judgements.Length; i++)
        {
            var won = judgements[i].Verdict == Verdict.Accepted && (i == 0 || random.Next(2) == 0);
            if (won || judgements[i].Verdict == Verdict.Conflicting)
            {
                wonOver[i] = won ? random.NextInt64(1, firstLsn) : 0;
                judgements[i] = judgements[i] with
                {
                    Conflict = (ConflictType)random.Next(1, 5),
                    Policy = (ConflictPolicy)random.Next(won ? 2 : 1, 4),
                    ServerWon = !won && random.Next(2) == 0,
                };
            }
        }

        var isPlain = Array.TrueForAll(judgements, static j => j.Conflict == ConflictType.None);
        return isPlain
            ? PushedByPolicy(random, firstLsn)
            : e with
            {
                Judgements = judgements,
                WonOver = Array.Exists(wonOver, static lsn => lsn > 0) ? wonOver : null,
                Settled = random.Next(3) == 0 ? [new(random.NextInt64(1, 1L << 50), ConflictState.Merged, Number(random))] : null,
            };
    }

    public static PolicySet PolicySet(Random random) => new(
        random.Next(4) == 0 ? null : Policies(random), Tiny.Client("a"), Tiny.ServerGuid, Tiny.Now + random.Next(1_000));

    public static ConflictPolicies Policies(Random random) => ConflictPolicies.TryCreate(
        (ConflictPolicy)random.Next(4),
        Tables.Where(_ => random.Next(2) == 0).Select(table => new TablePolicy(table, (ConflictPolicy)random.Next(4))))!;

    public static PushedChange Change(Random random)
    {
        var operation = (Operation)random.Next(1, 4);
        var table = random.GetItems(Tables, 1)[0];
        var key = Bytes(random, random.Next(1, 5));
        var data = operation == Operation.Delete ? [] : Bytes(random, random.Next(random.Next(8) == 0 ? 3_000 : 20));
        var compressed = operation != Operation.Delete && random.Next(4) == 0;
        return new PushedChange(
            1 + (Number(random) % (Limits.SafeIntegerMax - 1)), table, operation, key, compressed ? Compress(data) : data, compressed,
            Clock(random), random.Next(2) == 0 ? 0 : Number(random), Tiny.Now + random.Next(-1_000_000, 1_000_000), Checksum(key, data),
            Hash.OfRow(Encoding.UTF8.GetBytes(table), key), Hash.OfContent(data))
        {
            DataBytes = data.Length,
        };
    }

    public static VectorClock Clock(Random random) => Tiny.Clock(
        [.. Tiny.Nodes.Append(Tiny.Server).Where(_ => random.Next(3) == 0).Select(node => (node, Number(random)))]);

    /// <summary>What an accepted change is stored with: entries of neither its author nor the server.</summary>
    private static VectorClock Others(Random random) =>
        Clock(random).With(Tiny.Server, 0).With(Authors[0], 0).With(Authors[1], 0).With(Authors[2], 0);

    public static uint Checksum(byte[] key, byte[] data) => Crc32.HashToUInt32([.. key, .. data]);

    public static byte[] Compress(byte[] data)
    {
        using var zstd = new Compressor();
        return zstd.Wrap(data).ToArray();
    }

    public static byte[] Decompress(ReadOnlySpan<byte> frame)
    {
        using var zstd = new Decompressor();
        return zstd.Unwrap(frame).ToArray();
    }

    /// <summary>What the journal keeps of an event: the codec gives that back, no more and no less.</summary>
    public static Pushed Kept(Pushed e)
    {
        var changes = new PushedChange[e.Changes.Length];
        for (var i = 0; i < changes.Length; i++)
        {
            changes[i] = e.Judgements.Span[i].Verdict switch
            {
                Verdict.Accepted => e.Changes.Span[i] with { Clock = VectorClock.Empty, BaseLsn = 0 },
                Verdict.Conflicting => e.Changes.Span[i],
                _ => default,
            };
        }

        return e with { Changes = changes };
    }

    public static void Same(TenantEvent expected, TenantEvent actual)
    {
        if (expected is Registered registered)
        {
            var read = Assert.IsType<Registered>(actual);
            Assert.Equal(registered.Metadata, read.Metadata);
            Assert.Equal(registered, read with { Metadata = registered.Metadata });
            return;
        }

        if (expected is Seen seen)
        {
            Assert.Equal(seen.Contacts, Assert.IsType<Seen>(actual).Contacts);
            return;
        }

        if (expected is Domain.Forgotten or Domain.PolicySet or Domain.Restored)
        {
            Assert.Equal(expected, actual);
            return;
        }

        var (left, right) = (Assert.IsType<Pushed>(expected), Assert.IsType<Pushed>(actual));
        Assert.Equal(left.WonOver, right.WonOver);
        Assert.Equal(left.Settled, right.Settled);
        Assert.Equal(left.Judgements.ToArray(), right.Judgements.ToArray());
        Assert.Equal(left.Changes.Length, right.Changes.Length);
        for (var i = 0; i < left.Changes.Length; i++)
        {
            Same(left.Changes.Span[i], right.Changes.Span[i]);
        }

        Assert.Equal(
            left,
            right with { Judgements = left.Judgements, Changes = left.Changes, WonOver = left.WonOver, Settled = left.Settled });
    }

    public static void Same(in PushedChange left, in PushedChange right)
    {
        Assert.Equal(left.Key.ToArray(), right.Key.ToArray());
        Assert.Equal(left.Data.ToArray(), right.Data.ToArray());
        Assert.Equal(left, right with { Key = left.Key, Data = left.Data });
    }

    public static byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>0 to 2^53−1, mostly small, often at an edge.</summary>
    private static long Number(Random random) => random.Next(8) switch
    {
        0 => Limits.SafeIntegerMax,
        1 => random.NextInt64(Limits.SafeIntegerMax),
        2 => 127 + random.Next(2),
        _ => random.Next(4),
    };
}
