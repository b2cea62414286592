namespace HeliosSync.Domain;

/// <summary>What the tenant remembers of a node (protocol 5.3).</summary>
/// <param name="Node">Which node.</param>
/// <param name="JudgedLsn">The highest local number judged from it, accepted or not.</param>
/// <param name="JudgedCounter">The highest counter judged from it, accepted or not.</param>
/// <param name="AcceptedCounter">Its entry in the tenant's merged clock: the highest counter of its accepted changes.</param>
public readonly record struct NodeState(NodeId Node, long JudgedLsn, long JudgedCounter, long AcceptedCounter);

/// <summary>What the tenant remembers of a client.</summary>
/// <param name="Client">Which client.</param>
/// <param name="Node">Index of its current node.</param>
/// <param name="Metadata">As it last registered.</param>
/// <param name="RegisteredMicros">When it registered first: microseconds since the Unix epoch.</param>
/// <param name="SeenMicros">Its last contact, as the journal has it; null where a snapshot of the first format did not say.</param>
/// <param name="Conflicts">How many of its changes were judged to be in conflict.</param>
/// <param name="Window">Its last message ids, oldest first.</param>
public sealed record ClientSnapshot(
    ClientId Client,
    int Node,
    IReadOnlyList<MetadataEntry> Metadata,
    long RegisteredMicros,
    long? SeenMicros,
    long Conflicts,
    IReadOnlyList<WindowEntry> Window)
{
    /// <summary>Whether it has not registered since the journal was restored from a backup.</summary>
    public bool MustRegister { get; init; }
}

/// <summary>
/// The tenant's clients and all nodes that clients ever were. A node keeps its index for ever, also when its client is forgotten.
/// </summary>
internal sealed class Roster
{
    private readonly List<NodeState> _nodes = [];
    private readonly Dictionary<NodeId, int> _nodeIndex = [];
    private readonly Dictionary<ClientId, Client> _clients = [];
    private readonly SortedSet<Client> _byId = new(Comparer<Client>.Create(static (a, b) => a.CompareTo(b.Id)));
    private readonly Dictionary<ClientId, int> _nodesOf = [];

    public int ClientCount => _clients.Count;

    public NodeState this[int node] => _nodes[node];

    public bool TryGetClient(ClientId id, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Client? client) =>
        _clients.TryGetValue(id, out client);

    public bool TryGetNode(NodeId id, out int index) => _nodeIndex.TryGetValue(id, out index);

    public void Register(Registered e)
    {
        if (!_clients.TryGetValue(e.Client, out var client))
        {
            client = new Client(e.Client, e.AtMicros, new MessageWindow([]));
            Add(client);
        }

        if (!_nodeIndex.TryGetValue(e.Node, out var node))
        {
            node = AddNode(new NodeState(e.Node, 0, 0, 0));
        }

        client.Node = node;
        client.Metadata = e.Metadata;
        client.MustRegister = false;
        client.Note(e.AtMicros);
    }

    /// <summary>Notes contacts of registered clients; throws for another.</summary>
    public void Note(Seen seen)
    {
        foreach (var contact in seen.Contacts)
        {
            Registered(contact.Client).Note(contact.AtMicros);
        }
    }

    /// <summary>The journal was restored from a backup: whatever a client knows may be of the lost one, until it registers again.</summary>
    public void RequireRegistration()
    {
        foreach (var client in _clients.Values)
        {
            client.RequireRegistration();
        }
    }

    /// <summary>Forgets a registered client; throws for another. Its nodes stay.</summary>
    public void Forget(ClientId id)
    {
        var client = Registered(id);
        _clients.Remove(id);
        _byId.Remove(client);
    }

    /// <summary>The clients with an id above that one, or all, in the order of their ids' bytes.</summary>
    public IEnumerable<Client> After(ClientId? id)
    {
        if (id is not { } after)
        {
            return _byId;
        }

        // The view holds the client of that id itself, where there is one.
        return _byId.Max is { } last && last.CompareTo(after) > 0
            ? _byId.GetViewBetween(new Client(after, 0, new MessageWindow([])), last).SkipWhile(c => c.Id == after)
            : [];
    }

    /// <summary>How many nodes a client has used, registered or forgotten.</summary>
    public int NodesUsedBy(ClientId client) => _nodesOf.GetValueOrDefault(client);

    /// <summary>The events up to that number that hold outcomes of pushes whose message ids are remembered, in no order.</summary>
    public IEnumerable<long> WindowSequences(long upTo) =>
        from client in _clients.Values from entry in client.Window.ToArray() where entry.Sequence <= upTo select entry.Sequence;

    public void SetNode(int index, NodeState state) => _nodes[index] = state;

    public NodeState[] FreezeNodes() => [.. _nodes];

    /// <summary>The clients as they are now; only windows that grew since the last call are copied anew.</summary>
    public ClientSnapshot[] FreezeClients()
    {
        var frozen = new ClientSnapshot[_clients.Count];
        var at = 0;
        foreach (var client in _clients.Values)
        {
            frozen[at++] = client.Freeze();
        }

        return frozen;
    }

    public void Restore(IEnumerable<NodeState> nodes, IEnumerable<ClientSnapshot> clients)
    {
        foreach (var node in nodes)
        {
            AddNode(node);
        }

        foreach (var saved in clients)
        {
            var window = new MessageWindow([.. saved.Window]);
            Add(new Client(saved, window));
        }
    }

    private Client Registered(ClientId id) =>
        _clients.TryGetValue(id, out var client) ? client : throw new ArgumentException($"{id} was never registered.", nameof(id));

    private void Add(Client client)
    {
        _clients.Add(client.Id, client);
        _byId.Add(client);
    }

    private int AddNode(NodeState state)
    {
        _nodeIndex.Add(state.Node, _nodes.Count);
        _nodes.Add(state);
        _nodesOf[state.Node.Client] = _nodesOf.GetValueOrDefault(state.Node.Client) + 1;
        return _nodes.Count - 1;
    }
}

/// <summary>A registered client.</summary>
internal sealed class Client(ClientId id, long registeredMicros, MessageWindow window)
{
    private ClientSnapshot? _frozen;

    public Client(ClientSnapshot saved, MessageWindow window)
        : this(saved.Client, saved.RegisteredMicros, window)
    {
        (Node, Metadata, Conflicts, MustRegister) = (saved.Node, saved.Metadata, saved.Conflicts, saved.MustRegister);
        NotedMicros = SeenMicros = saved.SeenMicros;
    }

    public ClientId Id => id;

    public long RegisteredMicros => registeredMicros;

    public int Node { get; set; }

    public IReadOnlyList<MetadataEntry> Metadata { get; set; } = [];

    /// <summary>Its position (protocol 1): in memory only.</summary>
    public long Position { get; private set; }

    /// <summary>Whether it has said one since the tenant was loaded.</summary>
    public bool HasPosition { get; private set; }

    /// <summary>Its last contact: what is newer than the journal has is in memory only.</summary>
    public long? SeenMicros { get; set; }

    /// <summary>Its last contact, as the journal has it.</summary>
    public long? NotedMicros { get; private set; }

    /// <summary>How many of its changes were judged to be in conflict.</summary>
    public long Conflicts { get; private set; }

    /// <summary>Whether it has not registered since the journal was restored from a backup.</summary>
    public bool MustRegister { get; set; }

    public MessageWindow Window => window;

    public int CompareTo(ClientId other) => string.CompareOrdinal(id.Value, other.Value);

    public void SetPosition(long lsn) => (Position, HasPosition) = (lsn, true);

    public void RequireRegistration()
    {
        (MustRegister, Position, HasPosition) = (true, 0, false);
        _frozen = null;
    }

    public void Remember(in WindowEntry entry) => window.Add(entry);

    /// <summary>A push was judged, and so many of its changes since it registered were in conflict.</summary>
    public void Judged(long atMicros, long conflicts)
    {
        Conflicts = conflicts;
        Note(atMicros);
    }

    /// <summary>The journal has heard of it.</summary>
    public void Note(long atMicros)
    {
        NotedMicros = SeenMicros = atMicros;
        _frozen = null;
    }

    /// <summary>As the journal has it: node and metadata come with a note.</summary>
    public ClientSnapshot Freeze() =>
        _frozen ??= new ClientSnapshot(id, Node, Metadata, registeredMicros, NotedMicros, Conflicts, window.ToArray())
        {
            MustRegister = MustRegister,
        };
}
