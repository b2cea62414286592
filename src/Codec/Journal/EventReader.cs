using System.Buffers;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>
/// From journal bytes back to a tenant's event, for replay: hashes of rows and contents are computed anew. What it gives holds slices
/// of the bytes. Corrupt bytes are an <see cref="InvalidDataException"/>, and nothing else is. Safe to use from many threads.
/// </summary>
public sealed class EventReader(KeyedHash hash, ZstdFrames zstd)
{
    /// <summary>The event stored under that manifest.</summary>
    /// <param name="manifest">Its kind and version.</param>
    /// <param name="bytes">Its bytes.</param>
    /// <param name="place">Where they stand, as <see cref="EventSeal.PlaceOf"/> names it; 0 for bytes that are tied to no place.</param>
    public TenantEvent Read(string manifest, ReadOnlyMemory<byte> bytes, uint place = 0)
    {
        var body = bytes.Length - EventWriter.ChecksumBytes;
        if (!EventSeal.Holds(bytes.Span, place))
        {
            throw BytesReader.Corrupt("its CRC does not match");
        }

        return manifest switch
        {
            EventManifests.Pushed or EventManifests.PushedByPolicy or EventManifests.PushedSettling =>
                ReadPushed(ViewOf(manifest, bytes)),
            EventManifests.Compacted => ReadCompacted(ViewOf(manifest, bytes)),
            EventManifests.Policy => ReadPolicy(bytes.Span[..body]),
            EventManifests.Registered => ReadRegistered(bytes.Span[..body], first: true),
            EventManifests.Reregistered => ReadRegistered(bytes.Span[..body], first: false),
            EventManifests.Forgotten => ReadForgotten(bytes.Span[..body]),
            EventManifests.Seen => ReadSeen(bytes.Span[..body]),
            EventManifests.Restored => ReadRestored(bytes.Span[..body]),
            _ => throw BytesReader.Corrupt($"the manifest {manifest} is not known"),
        };
    }

    /// <summary>Of an event that is no push: the clients that it is a contact of. Its checksum is not looked at.</summary>
    internal static IReadOnlyList<ClientId> ClientsNoted(string manifest, ReadOnlyMemory<byte> bytes)
    {
        var body = bytes.Span[..Math.Max(0, bytes.Length - EventWriter.ChecksumBytes)];
        return manifest switch
        {
            EventManifests.Registered or EventManifests.Reregistered => [ReadRegistered(body, first: false).Client],
            EventManifests.Seen => [.. ReadSeen(body).Contacts.Select(static contact => contact.Client)],
            _ => [],
        };
    }

    /// <summary>Of a client's end: whose. Its checksum is not looked at.</summary>
    internal static ClientId ClientOfEnd(ReadOnlyMemory<byte> bytes) =>
        ReadForgotten(bytes.Span[..Math.Max(0, bytes.Length - EventWriter.ChecksumBytes)]).Client;

    private static BytesReader Begin(ReadOnlySpan<byte> bytes)
    {
        var from = new BytesReader(bytes);
        return from.Byte() == EventWriter.Format ? from : throw BytesReader.Corrupt("its format is not known");
    }

    private static Forgotten ReadForgotten(ReadOnlySpan<byte> bytes)
    {
        var from = Begin(bytes);
        var at = from.Signed();
        var reason = (ForgetReason)from.Byte();
        if (reason is not (ForgetReason.Asked or ForgetReason.Silent))
        {
            throw BytesReader.Corrupt("a reason is not known");
        }

        var client = from.Client();
        from.End();
        return new Forgotten(client, at, reason);
    }

    private static Restored ReadRestored(ReadOnlySpan<byte> bytes)
    {
        var from = Begin(bytes);
        var at = from.Signed();
        var serverNode = from.Uuid();
        from.End();
        return new Restored(serverNode, at);
    }

    private static Seen ReadSeen(ReadOnlySpan<byte> bytes)
    {
        var from = Begin(bytes);
        var contacts = new Contact[from.Count(bytesEach: 3)];
        var before = 0L;
        foreach (ref var contact in contacts.AsSpan())
        {
            contact = new Contact(from.Client(), unchecked(before + from.Signed()));
            before = contact.AtMicros;
        }

        from.End();
        return new Seen(contacts);
    }

    private static Registered ReadRegistered(ReadOnlySpan<byte> bytes, bool first)
    {
        var from = Begin(bytes);
        var at = from.Signed();
        var serverNode = from.Uuid();
        var client = from.Client();
        var node = from.Node();
        var metadata = from.Metadata();
        from.End();
        return new Registered(client, node, serverNode, metadata, at, first);
    }

    private static PolicySet ReadPolicy(ReadOnlySpan<byte> bytes)
    {
        var from = new BytesReader(bytes);
        if (from.Byte() != EventWriter.Format)
        {
            throw BytesReader.Corrupt("its format is not known");
        }

        var at = from.Signed();
        var serverNode = from.Uuid();
        var by = from.Client();
        var policies = from.Policies();
        from.End();
        return new PolicySet(policies, by, serverNode, at);
    }

    private static PushedView ViewOf(string manifest, ReadOnlyMemory<byte> bytes)
    {
        var view = new PushedView(bytes);
        return view.Manifest == manifest ? view : throw BytesReader.Corrupt("its format is not its manifest's");
    }

    private TenantEvent ReadCompacted(in PushedView view) =>
        view.Client.IsEmpty ? new Compacted(view.Gap, view.FirstLsn, view.LastLsn) : ReadPushed(in view);

    private Pushed ReadPushed(in PushedView view)
    {
        var client = ClientOf(view.Client.Span);
        var author = view.Author.Span.SequenceEqual(view.Client.Span) ? NodeId.Of(client) : NodeOf(view.Author.Span);
        var judgements = new Judgement[view.ChangeCount];
        var changes = new PushedChange[view.ChangeCount];
        var tables = new TableNames(view);
        var walk = new PushedWalk(view);
        long[]? wonOver = null;
        var left = view.IsCompacted ? new RemainingChange[view.ChangeCount] : null;
        for (var i = 0; walk.MoveNext(); i++)
        {
            var others = VectorClock.Empty;
            left?[i] = new RemainingChange(walk.Place, walk.Verdict == Verdict.Accepted && !walk.HasRecord, walk.IsUnlogged);
            if (walk.HasRecord)
            {
                var record = walk.Record();
                var accepted = walk.Verdict == Verdict.Accepted;
                changes[i] = ReadChange(in view, in record, walk.LocalLsn, accepted, tables);
                others = accepted ? record.Clock : others;
            }

            judgements[i] = new Judgement(walk.Verdict, walk.LocalLsn, walk.Lsn, walk.Counter, walk.DotValid, walk.Conflict, others)
            {
                Policy = walk.Policy,
                ServerWon = walk.Resolution == Resolution.ServerWon,
            };
            if (walk.Resolution == Resolution.ClientWon)
            {
                (wonOver ??= new long[view.ChangeCount])[i] = walk.MetLsn;
            }
        }

        return new Pushed(
            view.Message, view.Digest, client, author, view.AtMicros, view.Refused, view.FirstLsn, judgements, changes,
            view.JudgedLsn, view.JudgedCounter)
        {
            WonOver = wonOver,
            Settled = view.Settled(),
            Remains = left is null
                ? null
                : new Remains(view.Gap, view.LastLsn, view.HasOutcome, view.AcceptedCounter, view.Conflicts, left),
        };
    }

    private PushedChange ReadChange(in PushedView view, in ChangeRecord record, long localLsn, bool accepted, TableNames tables)
    {
        var (table, tableUtf8) = tables.At(record.Table);
        var key = view.Slice(record.KeyAt, record.KeyBytes);
        var data = view.Slice(record.DataAt, record.StoredBytes);
        return new PushedChange(
            localLsn,
            table,
            record.Operation,
            key,
            data,
            record.Compressed,
            accepted ? VectorClock.Empty : record.Clock,
            record.BaseLsn,
            record.TimestampMicros,
            record.Checksum,
            hash.OfRow(tableUtf8.Span, key.Span),
            record.Compressed ? ContentOf(data.Span, record.DataBytes) : hash.OfContent(data.Span))
        {
            DataBytes = record.DataBytes,
        };
    }

    private ulong ContentOf(ReadOnlySpan<byte> frame, int dataBytes)
    {
        var scratch = ArrayPool<byte>.Shared.Rent(dataBytes);
        try
        {
            return zstd.TryUnwrap(frame, scratch.AsSpan(0, dataBytes), out var written) && written == dataBytes
                ? hash.OfContent(scratch.AsSpan(0, dataBytes))
                : throw BytesReader.Corrupt("compressed data cannot be decompressed");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }

    private static ClientId ClientOf(ReadOnlySpan<byte> name) =>
        ClientId.TryParse(System.Text.Encoding.ASCII.GetString(name), out var client)
            ? client
            : throw BytesReader.Corrupt("a client breaks its alphabet");

    private static NodeId NodeOf(ReadOnlySpan<byte> name) =>
        NodeId.TryParse(System.Text.Encoding.ASCII.GetString(name), out var node)
            ? node
            : throw BytesReader.Corrupt("a node breaks its alphabet");

    /// <summary>The names of an event's tables, each made once.</summary>
    private sealed class TableNames(PushedView view)
    {
        private readonly Dictionary<int, (string Name, ReadOnlyMemory<byte> Utf8)> _known = [];
        private (string Name, ReadOnlyMemory<byte> Utf8) _last;
        private int _lastOffset = -1;

        public (string Name, ReadOnlyMemory<byte> Utf8) At(int offset)
        {
            if (offset == _lastOffset)
            {
                return _last;
            }

            if (!_known.TryGetValue(offset, out _last))
            {
                var utf8 = view.Table(offset);
                var name = System.Text.Encoding.ASCII.GetString(utf8.Span);
                _last = Alphabets.IsTable(name) ? (name, utf8) : throw BytesReader.Corrupt("a table breaks its alphabet");
                _known.Add(offset, _last);
            }

            _lastOffset = offset;
            return _last;
        }
    }
}
