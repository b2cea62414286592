using System.IO.Hashing;
using System.Text;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Simulation;

/// <summary>One tenant's truth, ledger and checks, to be fed with histories that break promises.</summary>
internal sealed class OracleRig : IDisposable
{
    private static readonly Guid ServerNode = new("11111111-1111-1111-1111-111111111111");

    private readonly Workshop _workshop = new();

    public OracleRig()
    {
        var events = new EventReader(new KeyedHash(new byte[KeyedHash.KeyBytes]), _workshop.Frames);
        Tally = new Tally();
        Ledger = new Ledger(new Truth(0), events, Verdicts, Tally);
        Checks = new AnswerChecks([Ledger], Verdicts, Tally);
        World = new World(1, Verdicts, new Trace(), Tally);
        Commit(new Registered(Client("c1"), Node("c1"), ServerNode, [], 0, First: true));
    }

    public Verdicts Verdicts { get; } = new();

    public Tally Tally { get; }

    public Ledger Ledger { get; }

    public AnswerChecks Checks { get; }

    public World World { get; }

    public Oracle? Broken => Verdicts.First?.Oracle;

    /// <summary>A client's copy that holds nothing yet.</summary>
    public Replica Replica(string node = "c1") => new(
        World,
        Ledger,
        Traits.Draw(new Chance(1), 0) with { Context = ContextKind.RowClocks, Filter = null },
        _workshop.Zstd,
        new State { Node = node, ServerNode = Ledger.ServerNode });

    /// <summary>A change of the only row, made by a node that knew those edits.</summary>
    public Edit Edit(
        string node, long localLsn, Operation operation = Operation.Insert, byte symbol = 0, Clock? clock = null, params Edit[] knows)
    {
        byte[] data = operation == Operation.Delete ? [] : [Ledger.Truth.Tag, symbol];
        var edit = new Edit
        {
            Id = Ledger.Truth.NextId(),
            Node = node,
            LocalLsn = localLsn,
            Row = new Row("t", 1),
            Operation = operation,
            Data = data,
            Sent = data,
            Compressed = false,
            Checksum = Crc32.HashToUInt32([1, .. data]),
            TimestampMicros = 0,
            Clock = clock ?? Clock.Empty,
            BaseLsn = 0,
            Knows = knows.Aggregate(Knowledge.None, static (all, e) => all.With(e.Id)),
        };
        Ledger.Truth.Add(edit);
        return edit;
    }

    /// <summary>The journal has a push of one change with that outcome.</summary>
    public void Commit(Edit edit, Verdict verdict, long lsn, Guid message = default, ConflictType conflict = ConflictType.None)
    {
        var change = new PushedChange(
            edit.LocalLsn, edit.Row.Table, edit.Operation, new[] { edit.Row.Key }, edit.Sent, false, VectorClock.Empty, 0, 0, edit.Checksum,
            default, 0);
        var judgement = new Judgement(verdict, edit.LocalLsn, lsn, 0, false, conflict, VectorClock.Empty);
        var first = verdict == Verdict.Accepted ? lsn : Ledger.Head + 1;
        Commit(new Pushed(
            message == default ? World.Chance.Uuid() : message, default, Client("c1"), Node(edit.Node), 0, false, first,
            new[] { judgement }, new[] { change }, edit.LocalLsn, 0));
    }

    /// <summary>Of the journal only the registration is left.</summary>
    public void Restore()
    {
        var registered = new Registered(Client("c1"), Node("c1"), ServerNode, [], 0, First: true);
        var restored = new Restored(new Guid("22222222-2222-2222-2222-222222222222"), 0);
        Ledger.Restore(
            [.. new TenantEvent[] { registered, restored }.Select(static e => (EventWriter.ManifestOf(e), EventWriter.Write(e), 0u))], 2);
    }

    /// <summary>The server answers that.</summary>
    public void Answer(Endpoint endpoint, string json, Guid message = default) =>
        Checks.Check(new Request(0, "c1", endpoint, [], message), Read(json), 1);

    public static Answer Read(string json) => Simulation.Answer.Read(Encoding.UTF8.GetBytes(json), 1);

    /// <summary>A page with that edit at that LSN.</summary>
    public string Page(Edit edit, long lsn)
    {
        var clock = $$"""{"{{Ledger.ServerNode}}":{{lsn}} }""";
        return $$"""
            {"type":"pull_response","changes":[{"lsn":{{lsn}},"table":"t","operation":"{{edit.Operation}}","key":[1],
            "data":[{{string.Join(',', edit.Data)}}],"vector_clock":{{clock}},"checksum":{{edit.Checksum}},"compressed":false,
            "author":"{{edit.Node}}","author_lsn":{{edit.LocalLsn}} }],
            "server_lsn":{{lsn}},"head_lsn":{{lsn}},"has_more":false,"vector_clock":{{clock}} }
            """;
    }

    public void Dispose() => _workshop.Dispose();

    private void Commit(TenantEvent e) => Ledger.Commit(EventWriter.ManifestOf(e), EventWriter.Write(e));

    private static ClientId Client(string name) => ClientId.TryParse(name, out var id) ? id : throw new ArgumentException(name);

    private static NodeId Node(string name) => NodeId.TryParse(name, out var id) ? id : throw new ArgumentException(name);
}
