namespace HeliosSync.Domain;

/// <summary>
/// The server nodes of a tenant's journal: the one that it has, and those that it had before it was restored from a backup (protocol 1,
/// 4.1). A restored journal gives LSNs a second time, so what a client knows under a former name is knowledge of another journal.
/// </summary>
/// <param name="isRestored">Whether the database was restored, so that clients may come that knew a lost journal of the tenant.</param>
internal sealed class JournalNames(bool isRestored)
{
    private readonly List<Guid> _former = [];

    /// <summary>What a client is told that has not registered since the journal was restored.</summary>
    public static Refusal Restored { get; } = new(
        ErrorCode.ResyncRequired, "The journal was restored from a backup: start anew, and register first.", "journal");

    /// <summary>The journal's own node; null before the first event.</summary>
    public Guid? Current { get; private set; }

    /// <summary>Those before it, oldest first.</summary>
    public IReadOnlyList<Guid> Former => _former;

    /// <summary>Whether a client may know another journal than this one under the same tenant.</summary>
    public bool IsRestored => isRestored || _former.Count > 0;

    /// <summary>The first event names the journal; all others repeat its name.</summary>
    public void Begin(Guid node) => Current ??= node;

    /// <summary>The journal was restored and has another name from now on.</summary>
    public void Replace(Guid node)
    {
        if (Current is { } former)
        {
            _former.Add(former);
        }

        Current = node;
    }

    /// <summary>As a snapshot kept them.</summary>
    public void Restore(Guid current, IEnumerable<Guid> former)
    {
        _former.AddRange(former);
        Current = current;
    }

    /// <summary>
    /// Whether a client bears the journal's name, or one that it had: its counters would pass for knowledge that old contexts have of a
    /// former journal (protocol 5.3).
    /// </summary>
    public bool AreBorneBy(ClientId client) =>
        (Current is { } node && NodeId.OfServer(node).IsOf(client)) || _former.Exists(former => NodeId.OfServer(former).IsOf(client));

    /// <summary>Whether a client knows this journal: <see cref="ErrorCode.ResyncRequired"/>; null where it does, or named none.</summary>
    public Refusal? Check(NodeId? named)
    {
        if (named is null || (Current is { } node && named == NodeId.OfServer(node)))
        {
            return null;
        }

        return new Refusal(ErrorCode.ResyncRequired, "The journal is another one than the client knew: start anew.", "journal");
    }
}
