using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Micro;

/// <summary>A tenant's events as the server makes them: read, judged, applied, encoded.</summary>
internal sealed class Journal
{
    public const long NowMicros = 1_763_980_200_000_000;

    private readonly Tenant _tenant = new();

    public Journal()
    {
        Node = NodeId.Of(Client);
        Apply(new Registered(Client, Node, Bodies.ServerNode, [], NowMicros, First: true));
    }

    public static ClientId Client { get; } =
        ClientId.TryParse(Bodies.Client, out var client) ? client : throw new InvalidOperationException("No client has such a name.");

    public NodeId Node { get; }

    public long Head => _tenant.Head;

    /// <summary>The bytes of the pushes so far, in their order.</summary>
    public List<byte[]> Pushes { get; } = [];

    /// <summary>Stores a push of these rows; with their data compressed where so asked.</summary>
    public Pushed Store(ReadOnlySpan<Row> rows, bool compressed = false)
    {
        // Never disposed: the event holds slices of its buffers.
        var push = PushReading.Read(Bodies.Push(rows, base64: true, message: Pushes.Count + 1)).Push;
        push = compressed ? push with { Changes = push.Changes.ToArray().Select(Compress).ToArray() } : push;
        var judged = _tenant.Decide(push, NowMicros).Event!;
        Pushes.Add(Apply(judged));
        return judged;
    }

    /// <summary>A pull of so many entries from the beginning.</summary>
    public static Pull PullOf(int entries, bool base64 = false, bool acceptCompressed = false) =>
        new(Guid.Empty, Client, 0, entries, null, null, null, ExcludeOwn: false, base64, acceptCompressed);

    private static PushedChange Compress(PushedChange change)
    {
        using var zstd = new ZstdSharp.Compressor();
        return change with { Data = zstd.Wrap(change.Data.Span).ToArray(), Compressed = true, DataBytes = change.Data.Length };
    }

    private byte[] Apply(TenantEvent e)
    {
        var bytes = EventWriter.Write(e);
        _tenant.Apply(e, _tenant.Sequence + 1, bytes.Length);
        return bytes;
    }
}
