using System.Text;
using HeliosSync.Domain;

namespace HeliosSync.Micro;

/// <summary>
/// A tenant with so many rows, and pushes of 100 of them each, scattered over all, whose author knows the versions that stand.
/// </summary>
internal sealed class LargeTenant
{
    public const int Changes = 100;

    /// <summary>More than a client's window of message ids, so that when the first comes again it is forgotten.</summary>
    private const int Pushes = Limits.WindowMessagesMax + 44;

    private readonly PushedChange[][] _changes = new PushedChange[Pushes][];
    private readonly Push[] _pushes = new Push[Pushes];
    private int _next;
    private long _lastLocal;

    public LargeTenant(int rows)
    {
        Tenant = new Tenant(Frozen(rows));
        var random = new Random(rows);
        for (var i = 0; i < Pushes; i++)
        {
            var updated = Row.Make(Changes, i * Changes).Select(row => new Row(Row.KeyOf(random.Next(rows)), row.Data)).ToArray();
            var push = PushReading.Read(Bodies.Push(updated, base64: true, baseLsn: rows, message: i + 1)).Push;
            _changes[i] = push.Changes.ToArray();
            _pushes[i] = push with { Changes = _changes[i] };
        }
    }

    public Tenant Tenant { get; }

    /// <summary>The next push, its local numbers above all before, as a client's are.</summary>
    public Push Next()
    {
        _next = (_next + 1) % Pushes;
        foreach (ref var change in _changes[_next].AsSpan())
        {
            change = change with { LocalLsn = ++_lastLocal };
        }

        return _pushes[_next];
    }

    private static TenantSnapshot Frozen(int rows)
    {
        var table = Encoding.ASCII.GetBytes(Row.Table);
        var chunks = new List<ReadOnlyMemory<RowVersion>>();
        for (var first = 0; first < rows; first += RowTable.ChunkRows)
        {
            var chunk = new RowVersion[Math.Min(RowTable.ChunkRows, rows - first)];
            for (var i = 0; i < chunk.Length; i++)
            {
                var row = PushReading.Hash.OfRow(table, Row.KeyOf(first + i));
                chunk[i] = new RowVersion(row, first + i + 1, 0, 0, row.Low, 0, Operation.Insert, DotValid: false);
            }

            chunks.Add(chunk);
        }

        var author = new NodeState(NodeId.Of(Journal.Client), 0, 0, 0);
        var client = new ClientSnapshot(Journal.Client, 0, [], Journal.NowMicros, Journal.NowMicros, 0, []);
        return new TenantSnapshot(Bodies.ServerNode, rows, 1, [author], [client], chunks, [], []);
    }
}
