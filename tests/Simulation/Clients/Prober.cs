using HeliosSync.Domain;

namespace HeliosSync.Simulation;

/// <summary>A request that is wrong, and the one answer that is right; besides, only "come again".</summary>
internal sealed record Probe(Sight Sight, string Code, Request Request)
{
    public bool IsExpected(World world, Answer answer)
    {
        world.Tally.Hit(answer.Code == Code, Sight);
        return answer.IsTransient || answer.Code == Code;
    }
}

/// <summary>Makes wrong requests of a client that otherwise keeps to the protocol: each must be refused and change nothing.</summary>
internal sealed class Prober(World world, Ledger ledger, string client, Replica replica, bool remembered)
{
    private Batch? _answered;

    private State State => replica.State;

    /// <summary>The journal is another one: no id is taken.</summary>
    public void Forget() => _answered = null;

    /// <summary>A push was answered: its id is taken.</summary>
    public void Answered(Batch batch) => _answered = batch;

    public Probe Draw(int tenant) => world.Chance.Below(8) switch
    {
        0 => AheadRegister(tenant),
        1 => AheadPull(tenant),
        2 => OtherJournal(tenant),
        3 => ForgedToken(tenant),
        4 => Stranger(tenant),
        5 => WrongChecksum(tenant),
        6 when remembered && _answered is not null => ReusedMessage(tenant, _answered.Message),
        _ => ContextAhead(tenant),
    };

    private Probe AheadRegister(int tenant) => new(Sight.LsnAhead409, "LSN_AHEAD_OF_SERVER", new Request(
        tenant, client, Endpoint.Register, Bodies.Register(client, State, replica.Traits, false, ledger.Head + 1_000)));

    private Probe AheadPull(int tenant) => new(Sight.LsnAhead409, "LSN_AHEAD_OF_SERVER", Pull(tenant, State, ledger.Head + 1_000, null));

    private Probe OtherJournal(int tenant)
    {
        var other = new State { Node = State.Node, ServerNode = world.Chance.Uuid().ToString("D") };
        var traits = replica.Traits with { NamesServerNode = true };
        var body = Bodies.Pull(client, world.Chance.Uuid(), other, traits, 0, null);
        return new Probe(Sight.Resync410, "RESYNC_REQUIRED", new Request(tenant, client, Endpoint.Pull, body));
    }

    private Probe ForgedToken(int tenant)
    {
        Span<byte> token = stackalloc byte[51];
        world.Chance.Fill(token);
        token[0] = 2;
        var text = Convert.ToBase64String(token).Replace('+', '-').Replace('/', '_');
        return new Probe(Sight.TokenRefused400, "INVALID_CONTINUATION_TOKEN", Pull(tenant, State, 0, text));
    }

    private Probe Stranger(int tenant)
    {
        var body = Bodies.Pull("stranger", world.Chance.Uuid(), new State { Node = "stranger" }, replica.Traits, 0, null);
        return new Probe(Sight.NotRegistered400, "CLIENT_NOT_REGISTERED", new Request(tenant, "stranger", Endpoint.Pull, body));
    }

    private Probe WrongChecksum(int tenant) =>
        Push(tenant, Sight.ChecksumRefused400, "CHECKSUM_MISMATCH", world.Chance.Uuid(), replica.State.Echo, checksumOff: 1);

    private Probe ReusedMessage(int tenant, Guid message) =>
        Push(tenant, Sight.MessageIdReused409, "MESSAGE_ID_REUSED", message, Clock.Empty, checksumOff: 0);

    private Probe ContextAhead(int tenant)
    {
        if (ledger.ServerNode.Length == 0)
        {
            // A tenant that was lost whole has no name that a context could bear.
            return AheadPull(tenant);
        }

        var ahead = Clock.Empty.With(ledger.ServerNode, ledger.Head + 1_000);
        return Push(tenant, Sight.LsnAhead409, "LSN_AHEAD_OF_SERVER", world.Chance.Uuid(), ahead, checksumOff: 0);
    }

    /// <summary>A push of one change that must never appear; its local number is far above all that the client will use.</summary>
    private Probe Push(int tenant, Sight sight, string code, Guid message, Clock clock, uint checksumOff)
    {
        var localLsn = 1_000_000 + ledger.Truth.Count;
        var row = world.Chance.Pick(Replica.Rows);
        var made = replica.Write(row, Operation.Insert, replica.SomeData(), clock, 0, localLsn);
        var edit = new Edit
        {
            Id = made.Id,
            Node = made.Node,
            LocalLsn = made.LocalLsn,
            Row = made.Row,
            Operation = made.Operation,
            Data = made.Data,
            Sent = made.Sent,
            Compressed = made.Compressed,
            Checksum = made.Checksum ^ checksumOff,
            TimestampMicros = made.TimestampMicros,
            Clock = made.Clock,
            BaseLsn = made.BaseLsn,
            Knows = made.Knows,
            Refused = true,
        };
        ledger.Truth.Add(edit);
        var body = Bodies.Push(client, message, State, replica.Traits with { NamesServerNode = false }, Clock.Empty, [edit], atomic: false);
        return new Probe(sight, code, new Request(tenant, client, Endpoint.Push, body, message));
    }

    private Request Pull(int tenant, State state, long since, string? token) => new(
        tenant, client, Endpoint.Pull, Bodies.Pull(client, world.Chance.Uuid(), state, replica.Traits, since, token), After: since);
}
