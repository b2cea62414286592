namespace HeliosSync.Domain;

/// <summary>What can be said of a registered client (docs/protocol.md 6.6).</summary>
/// <param name="Client">Who.</param>
/// <param name="Node">The life it is in.</param>
/// <param name="Metadata">As it last registered.</param>
/// <param name="RegisteredMicros">When it registered, first or first since it was forgotten: microseconds since the Unix epoch.</param>
/// <param name="SeenMicros">Its last contact; null where that is not known, of a client in a snapshot that did not keep it.</param>
/// <param name="Position">Its position (protocol 1); null where it has not said one since the tenant was loaded.</param>
/// <param name="BehindSinceMicros">When the first change above its position was written; null where none was, or it is unknown.</param>
/// <param name="Conflicts">How many of its changes were judged to be in conflict.</param>
public sealed record FleetMember(
    ClientId Client,
    NodeId Node,
    IReadOnlyList<MetadataEntry> Metadata,
    long RegisteredMicros,
    long? SeenMicros,
    long? Position,
    long? BehindSinceMicros,
    long Conflicts);

/// <summary>Some of the tenant's clients, in the order of their ids.</summary>
/// <param name="Members">The clients.</param>
/// <param name="HasMore">Whether there are others behind them.</param>
public readonly record struct FleetPage(IReadOnlyList<FleetMember> Members, bool HasMore);

/// <summary>What a request to forget a client leads to: a refusal or an event.</summary>
public readonly record struct ForgetDecision(Refusal? Refusal, Forgotten? Event);

/// <summary>What one step of upkeep leads to.</summary>
/// <param name="Seen">The contacts to note; null where there are none.</param>
/// <param name="Forgotten">The clients to forget.</param>
/// <param name="Next">Behind whom the next step goes on; null where this one was the last.</param>
public readonly record struct UpkeepStep(Seen? Seen, IReadOnlyList<Forgotten> Forgotten, ClientId? Next);

/// <summary>The tenant's clients as an administrator sees them: where each stands, when it was last heard of, and its end.</summary>
public sealed class Fleet
{
    private readonly Roster _roster;
    private readonly WriteTimes _times;

    internal Fleet(Roster roster, WriteTimes times) => (_roster, _times) = (roster, times);

    /// <summary>Notes that a client was heard of: in memory alone. Nothing where it is not registered.</summary>
    public void Hear(ClientId client, long nowMicros)
    {
        if (_roster.TryGetClient(client, out var known))
        {
            known.SeenMicros = nowMicros;
        }
    }

    /// <summary>The clients with an id above that one, in the order of their ids' bytes.</summary>
    /// <param name="after">From the first one on where it is null. It need not be registered.</param>
    /// <param name="max">At most so many, and at most about 1 Mi characters of metadata.</param>
    /// <param name="head">The tenant's head.</param>
    public FleetPage Page(ClientId? after, int max, long head)
    {
        var members = new List<FleetMember>();
        var chars = 0;
        foreach (var client in _roster.After(after))
        {
            if (members.Count == max || chars > Limits.FleetPageMetadataCharsMax)
            {
                return new FleetPage(members, true);
            }

            members.Add(MemberOf(client, head));
            foreach (var entry in client.Metadata)
            {
                chars += entry.Name.Length + entry.Value.Length;
            }
        }

        return new FleetPage(members, false);
    }

    /// <summary>Decides that a client is to be forgotten: <see cref="ErrorCode.NotFound"/> where it is not registered.</summary>
    public ForgetDecision Decide(ClientId client, long nowMicros) => _roster.TryGetClient(client, out _)
        ? new ForgetDecision(null, new Forgotten(client, nowMicros, ForgetReason.Asked))
        : new ForgetDecision(new Refusal(ErrorCode.NotFound, "No client of that id is registered.", "client_id"), null);

    /// <summary>
    /// Decides one step of upkeep, over a bounded number of clients: whose contact the journal is too far behind of, and who was silent
    /// for too long.
    /// </summary>
    /// <param name="after">Behind whom to go on; null at the beginning.</param>
    /// <param name="nowMicros">The time.</param>
    /// <param name="forgetAfterMicros">How long a client may be silent; null: for ever.</param>
    public UpkeepStep DecideUpkeep(ClientId? after, long nowMicros, long? forgetAfterMicros)
    {
        List<Contact>? seen = null;
        List<Forgotten>? forgotten = null;
        ClientId? last = null;
        var looked = 0;
        foreach (var client in _roster.After(after))
        {
            if (looked++ == Limits.UpkeepClientsMax || forgotten?.Count == Limits.UpkeepForgottenMax)
            {
                return new UpkeepStep(Of(seen), forgotten ?? [], last);
            }

            last = client.Id;
            // Whose contact no one noted counts as heard of now: it gets its whole time.
            var heard = client.SeenMicros ?? nowMicros;
            if (forgetAfterMicros is { } patience && nowMicros - heard - Limits.ForgetGraceMicros >= patience)
            {
                (forgotten ??= []).Add(new Forgotten(client.Id, nowMicros, ForgetReason.Silent));
            }
            else if (client.NotedMicros is not { } noted || heard - noted is >= Limits.SeenNoteMicros or <= -Limits.SeenNoteMicros)
            {
                (seen ??= []).Add(new Contact(client.Id, heard));
            }
        }

        return new UpkeepStep(Of(seen), forgotten ?? [], null);
    }

    private static Seen? Of(List<Contact>? contacts) => contacts is null ? null : new Seen(contacts);

    private FleetMember MemberOf(Client client, long head)
    {
        long? position = client.HasPosition ? client.Position : null;
        var behindSince = position < head ? _times.Of(client.Position + 1) : null;
        return new FleetMember(
            client.Id,
            _roster[client.Node].Node,
            client.Metadata,
            client.RegisteredMicros,
            client.SeenMicros,
            position,
            behindSince,
            client.Conflicts);
    }
}
