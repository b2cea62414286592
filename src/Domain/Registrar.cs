namespace HeliosSync.Domain;

/// <summary>Decides registrations (protocol 4.1). Changes nothing.</summary>
internal sealed class Registrar(Roster roster, JournalNames names)
{
    /// <summary>A registration's refusal, its event, or (both null) nothing new.</summary>
    /// <param name="register">The registration.</param>
    /// <param name="head">The highest LSN.</param>
    /// <param name="newServerNode">What the journal's own node becomes with its first registration.</param>
    /// <param name="nowMicros">The time.</param>
    public RegisterDecision Decide(Register register, long head, Guid newServerNode, long nowMicros)
    {
        var known = roster.TryGetClient(register.Client, out var client);
        if (register.OnlyIfAbsent && (known || roster.NodesUsedBy(register.Client) > 0))
        {
            return new RegisterDecision(known ? null : WasForgotten, null);
        }

        if (Admit(register, head) is { } refusal)
        {
            return new RegisterDecision(refusal, null);
        }

        if (known
            && !client!.MustRegister
            && roster[client.Node].Node == register.Node
            && client.Metadata.SequenceEqual(register.Metadata))
        {
            return default;
        }

        return new RegisterDecision(
            null,
            new Registered(register.Client, register.Node, names.Current ?? newServerNode, register.Metadata, nowMicros, First: !known));
    }

    /// <summary>
    /// A held registration names no node and no local number. A client that was forgotten has used nodes: pushed under the wrong one of
    /// them, its changes would pass for older ones. So it has to say which.
    /// </summary>
    private static Refusal WasForgotten { get; } = new(
        ErrorCode.ClientNotRegistered, "The client was registered and forgotten: register it with its token and its node_id.");

    private Refusal? Admit(Register register, long head)
    {
        if (CheckKnowledge(register, head) is { } knowsOther)
        {
            return knowsOther;
        }

        if (!register.Node.IsOf(register.Client))
        {
            return new Refusal(ErrorCode.InvalidMessage, "A node is its client's id, alone or with # and a suffix.", "node_id");
        }

        if (names.AreBorneBy(register.Client))
        {
            return new Refusal(ErrorCode.InvalidMessage, "No client may bear the server node's name.", "client_id");
        }

        if (!roster.TryGetNode(register.Node, out var index))
        {
            return roster.NodesUsedBy(register.Client) >= Limits.NodesPerClientMax
                ? new Refusal(ErrorCode.QuotaExceeded, $"A client may use up {Limits.NodesPerClientMax} nodes.", "node_id")
                : null;
        }

        var judged = roster[index].JudgedLsn;
        return register.LastLocalLsn < judged
            ? new Refusal(
                ErrorCode.NodeReused,
                "This node's local numbers went back: register with a new node_id, never used before.",
                $"last_local_lsn is {register.LastLocalLsn}, the server has {judged}")
            : null;
    }

    /// <summary>Whether what a client knows is of this journal.</summary>
    private Refusal? CheckKnowledge(Register register, long head)
    {
        if (names.Check(register.ServerNode) is { } replaced)
        {
            return replaced;
        }

        if (names.IsRestored && register.ServerNode is null && (register.LastKnownLsn > 0 || register.StoodSomewhere))
        {
            // It may be a position in what was lost, where other changes stand by now (protocol 4.1).
            return JournalNames.Restored;
        }

        var serverEntry = names.Current is { } self ? register.Clock[NodeId.OfServer(self)] : 0;
        return Tenant.CheckAhead("last_known_lsn", register.LastKnownLsn, head)
            ?? Tenant.CheckAhead("vector_clock", serverEntry, head);
    }
}
