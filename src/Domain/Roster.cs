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
/// <param name="Window">Its last message ids, oldest first.</param>
public sealed record ClientSnapshot(
    ClientId Client, int Node, IReadOnlyList<MetadataEntry> Metadata, long RegisteredMicros, IReadOnlyList<WindowEntry> Window);

/// <summary>The tenant's clients and all nodes that they ever were. A node keeps its index for ever.</summary>
internal sealed class Roster
{
    private readonly List<NodeState> _nodes = [];
    private readonly Dictionary<NodeId, int> _nodeIndex = [];
    private readonly Dictionary<ClientId, Client> _clients = [];

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
            _clients.Add(e.Client, client);
        }

        if (!_nodeIndex.TryGetValue(e.Node, out var node))
        {
            node = AddNode(new NodeState(e.Node, 0, 0, 0));
        }

        client.Node = node;
        client.Metadata = e.Metadata;
    }

    public int NodesUsedBy(ClientId client) => _nodes.Count(node => node.Node.IsOf(client));

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
            _clients.Add(saved.Client, new Client(saved.Client, saved.RegisteredMicros, window)
            {
                Node = saved.Node,
                Metadata = saved.Metadata,
            });
        }
    }

    private int AddNode(NodeState state)
    {
        _nodeIndex.Add(state.Node, _nodes.Count);
        _nodes.Add(state);
        return _nodes.Count - 1;
    }
}

/// <summary>A registered client.</summary>
internal sealed class Client(ClientId id, long registeredMicros, MessageWindow window)
{
    private ClientSnapshot? _frozen;

    public int Node { get; set; }

    public IReadOnlyList<MetadataEntry> Metadata { get; set; } = [];

    /// <summary>Its position (protocol 1): in memory only.</summary>
    public long Position { get; set; }

    public MessageWindow Window => window;

    public void Remember(in WindowEntry entry)
    {
        window.Add(entry);
        _frozen = null;
    }

    public ClientSnapshot Freeze()
    {
        if (_frozen is null || _frozen.Node != Node || !ReferenceEquals(_frozen.Metadata, Metadata))
        {
            _frozen = new ClientSnapshot(id, Node, Metadata, registeredMicros, window.ToArray());
        }

        return _frozen;
    }
}
