using System.IO.Hashing;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>From a tenant's event to journal bytes, exactly sized and never changed again: see this folder's README.</summary>
public static class EventWriter
{
    internal const byte Format = 1;
    internal const byte PolicyFormat = 2;
    internal const byte SettlingFormat = 3;
    internal const byte CompactedFormat = 4;
    internal const byte RefusedFlag = 1;
    internal const byte DotValidBit = 8;
    internal const byte WonBit = 16;
    internal const byte CompressedBit = 4;
    internal const int ChecksumBytes = 4;

    // What a change takes beside its key and data, clocks aside: an upper bound of the usual, so that the buffer seldom grows.
    private const int ChangeBytesUsual = 64;

    /// <summary>The name under which the event's bytes are stored.</summary>
    public static string ManifestOf(TenantEvent e) => e switch
    {
        Registered registered => registered.First ? EventManifests.Registered : EventManifests.Reregistered,
        Pushed { Remains: null } pushed => ManifestOf(FormatOf(pushed)),
        PolicySet => EventManifests.Policy,
        Forgotten => EventManifests.Forgotten,
        Seen => EventManifests.Seen,
        Restored => EventManifests.Restored,
        _ => throw new ArgumentException($"{e} is no event of a tenant.", nameof(e)),
    };

    /// <summary>The manifest that a push of this format is stored under.</summary>
    internal static string ManifestOf(byte format) => format switch
    {
        Format => EventManifests.Pushed,
        PolicyFormat => EventManifests.PushedByPolicy,
        CompactedFormat => EventManifests.Compacted,
        _ => EventManifests.PushedSettling,
    };

    /// <summary>The event's bytes.</summary>
    public static byte[] Write(TenantEvent e)
    {
        using var to = new BytesWriter(UsualBytes(e));
        to.Byte(e is Pushed judged ? FormatOf(judged) : Format);
        switch (e)
        {
            case Registered registered:
                Write(to, registered);
                break;
            case Pushed { Remains: null } pushed:
                Write(to, pushed);
                break;
            case PolicySet set:
                Write(to, set);
                break;
            case Forgotten forgotten:
                Write(to, forgotten);
                break;
            case Seen seen:
                Write(to, seen);
                break;
            case Restored restored:
                to.Signed(restored.AtMicros);
                to.Uuid(restored.ServerNode);
                break;
            default:
                throw new ArgumentException($"{e} is no event of a tenant.", nameof(e));
        }

        to.Fixed32(Crc32.HashToUInt32(to.Written));
        return to.ToArray();
    }

    private static void Write(BytesWriter to, Registered e)
    {
        to.Signed(e.AtMicros);
        to.Uuid(e.ServerNode);
        to.Text(e.Client.Value);
        to.Text(e.Node.Value);
        to.Metadata(e.Metadata);
    }

    private static void Write(BytesWriter to, PolicySet e)
    {
        to.Signed(e.AtMicros);
        to.Uuid(e.ServerNode);
        to.Text(e.By.Value);
        to.Policies(e.Policies);
    }

    /// <summary>What needs no room for policies is stored as it was before there were any.</summary>
    private static byte FormatOf(Pushed e)
    {
        var format = e.Settled is null ? Format : SettlingFormat;
        foreach (ref readonly var judgement in e.Judgements.Span)
        {
            format = judgement.Policy == ConflictPolicy.Reject ? format : Math.Max(format, PolicyFormat);
        }

        return format;
    }

    private static void Write(BytesWriter to, Forgotten e)
    {
        to.Signed(e.AtMicros);
        to.Byte((byte)e.Reason);
        to.Text(e.Client.Value);
    }

    private static void Write(BytesWriter to, Seen e)
    {
        to.Number(e.Contacts.Count);
        var before = 0L;
        foreach (var (client, at) in e.Contacts)
        {
            to.Text(client.Value);
            to.Signed(at - before);
            before = at;
        }
    }

    private static void Write(BytesWriter to, Pushed e)
    {
        to.Uuid(e.Message);
        to.Hash(e.Digest);
        to.Byte(e.Refused ? RefusedFlag : (byte)0);
        to.Signed(e.AtMicros);
        to.Number(e.FirstLsn);
        to.Number(e.Judgements.Length);
        to.Number(e.AcceptedCount);
        to.Number(e.JudgedLsn);
        to.Number(e.JudgedCounter);
        to.Text(e.Client.Value);
        to.Text(e.Author == NodeId.Of(e.Client) ? "" : e.Author.Value);
        if (e.Settled is not null)
        {
            to.Number(e.Settled.Length);
            foreach (ref readonly var settled in e.Settled.AsSpan())
            {
                to.Number(settled.Id);
                to.Byte((byte)settled.State);
                to.Number(settled.Lsn);
            }
        }

        var tables = WriteTables(to, e);
        WriteOutcomes(to, e, FormatOf(e));
        WriteRecords(to, e, tables);
    }

    /// <summary>Where each table's name stands, counted from the first one.</summary>
    private static Dictionary<string, int> WriteTables(BytesWriter to, Pushed e)
    {
        var tables = new Dictionary<string, int>();
        using var names = new BytesWriter(256);
        for (var i = 0; i < e.Changes.Length; i++)
        {
            if (IsWhole(e.Judgements.Span[i].Verdict) && tables.TryAdd(e.Changes.Span[i].Table, names.Length))
            {
                names.Text(e.Changes.Span[i].Table);
            }
        }

        to.Number(names.Length);
        to.Bytes(names.Written);
        return tables;
    }

    private static void WriteOutcomes(BytesWriter to, Pushed e, byte format)
    {
        using var outcomes = new BytesWriter(16 * (e.Judgements.Length + 1));
        long local = 0, counter = 0;
        for (var i = 0; i < e.Judgements.Length; i++)
        {
            ref readonly var judgement = ref e.Judgements.Span[i];
            var won = judgement.Resolution == Resolution.ClientWon;
            outcomes.Byte((byte)((byte)judgement.Verdict | (judgement.DotValid ? DotValidBit : 0) | (won ? WonBit : 0)));
            outcomes.Signed(judgement.LocalLsn - local);
            outcomes.Signed(judgement.Counter - counter);
            (local, counter) = (judgement.LocalLsn, judgement.Counter);
            if (judgement.Verdict is not (Verdict.Accepted or Verdict.Withdrawn))
            {
                outcomes.Number(judgement.Lsn);
            }

            if (judgement.Conflict != ConflictType.None)
            {
                WriteConflict(outcomes, in judgement, format);
            }

            if (won)
            {
                outcomes.Number(e.WonOver![i]);
            }
        }

        to.Number(outcomes.Length);
        to.Bytes(outcomes.Written);
    }

    private static void WriteConflict(BytesWriter outcomes, in Judgement judgement, byte format)
    {
        outcomes.Byte((byte)((byte)judgement.Conflict | ((byte)judgement.Resolution << 4)));
        if (format >= PolicyFormat)
        {
            outcomes.Byte((byte)judgement.Policy);
        }
    }

    private static void WriteRecords(BytesWriter to, Pushed e, Dictionary<string, int> tables)
    {
        using var clock = new BytesWriter(256);
        using var head = new BytesWriter(ChangeBytesUsual);
        for (var i = 0; i < e.Judgements.Length; i++)
        {
            ref readonly var judgement = ref e.Judgements.Span[i];
            if (!IsWhole(judgement.Verdict))
            {
                continue;
            }

            ref readonly var change = ref e.Changes.Span[i];
            head.Truncate(0);
            WriteHead(head, in change, tables[change.Table], e.AtMicros);
            clock.Truncate(0);
            clock.Clock(judgement.Verdict == Verdict.Accepted ? judgement.Others : change.Clock);
            if (judgement.Verdict == Verdict.Conflicting)
            {
                clock.Number(change.BaseLsn);
            }

            to.Number(head.Length + change.Key.Length + change.Data.Length + clock.Length);
            to.Bytes(head.Written);
            to.Bytes(change.Key.Span);
            to.Bytes(change.Data.Span);
            to.Bytes(clock.Written);
        }
    }

    private static void WriteHead(BytesWriter to, in PushedChange change, int table, long atMicros)
    {
        to.Number(table);
        to.Byte((byte)((byte)change.Operation | (change.Compressed ? CompressedBit : 0)));
        to.Signed(change.TimestampMicros - atMicros);
        to.Fixed32(change.Checksum);
        to.Number(change.Key.Length);
        to.Number(change.Data.Length);
        if (change.Compressed)
        {
            to.Number(change.DataBytes);
        }
    }

    internal static bool IsWhole(Verdict verdict) => verdict is Verdict.Accepted or Verdict.Conflicting;

    private static int UsualBytes(TenantEvent e)
    {
        var bytes = 512;
        if (e is Pushed pushed)
        {
            foreach (ref readonly var change in pushed.Changes.Span)
            {
                bytes += change.Key.Length + change.Data.Length + ChangeBytesUsual;
            }
        }

        return bytes;
    }
}
