using HeliosSync.Domain;

namespace HeliosSync.Actors.Tenants;

/// <summary>
/// The part of a tenant's cycle that its clients are kept by: they register, are looked at, and are forgotten, when an administrator asks
/// or when they were silent for too long. Decides, writes and answers as the cycle does, through it.
/// </summary>
internal sealed class TenantClients<TCaller>(
    TenantCycle<TCaller> cycle, TenantId id, TenantServices services, ITenantOutlet<TCaller> outlet)
    where TCaller : notnull
{
    private readonly long? _patience =
        services.Options.ForgetAfter > TimeSpan.Zero ? services.Options.ForgetAfter.Ticks / TimeSpan.TicksPerMicrosecond : null;

    /// <summary>Clients whose registration or end is being written, and by which event.</summary>
    private readonly Dictionary<ClientId, long> _changing = [];

    /// <summary>How many are registered durably; null before the journal has been read.</summary>
    private int? _counted;
    private long _upkeepAt = long.MinValue;
    private ClientId? _upkeepAfter;

    /// <summary>The journal has been read.</summary>
    public void Recovered()
    {
        _counted = cycle.Tenant.ClientCount;
        services.Registrations.Settle(id, cycle.Tenant.ClientCount);
    }

    /// <summary>The cycle ends with writes under way.</summary>
    public void LeaveOpen()
    {
        if (_counted is { } counted)
        {
            services.Registrations.LeaveOpen(id, counted);
        }
    }

    /// <summary>
    /// What is answered at once relies on one write all the same: the registration, or the end, of whoever asks. A page told before it is
    /// durable could name a server node that never comes to be.
    /// </summary>
    public void Behind(ClientId client, Action answer)
    {
        if (_changing.ContainsKey(client))
        {
            outlet.Defer(() => Behind(client, answer));
        }
        else
        {
            answer();
        }
    }

    /// <summary>Registers a client (protocol 4.1).</summary>
    public void Register(Register register, TCaller from, long now)
    {
        var tenant = cycle.Tenant;
        var decision = tenant.Decide(register, services.NewServerNode(), now);
        if (decision.Refusal is { } refusal)
        {
            cycle.AnswerBehindWrites(from, () => refusal);
            return;
        }

        var applied = decision.Event is { } e ? cycle.Apply(e) : null;
        tenant.Fleet.Hear(register.Client, now);
        if (applied is not null || !register.OnlyIfAbsent)
        {
            tenant.SetPosition(register.Client, register.LastKnownLsn);
        }

        var standing = tenant.StandingOf(register.Client);
        object Welcome() => new RegisterReply(
            standing.Position, cycle.DurableHead, tenant.ServerNode!.Value, standing.Node, standing.JudgedLsn, standing.JudgedCounter);
        if (applied is null)
        {
            cycle.AnswerBehindWrites(from, Welcome);
            return;
        }

        _changing[register.Client] = applied.Sequence;
        cycle.Persist(applied, from, () =>
        {
            Changed(register.Client, applied.Sequence);
            if (decision.Event!.First)
            {
                _counted++;
                services.Registrations.AddOne();
            }

            return Welcome();
        });
    }

    /// <summary>Notes that a client lives, and where it stands (protocol 4.4).</summary>
    public void Note(Heartbeat heartbeat, TCaller from)
    {
        if (cycle.Tenant.CheckClient(heartbeat.Client, null) is { } refusal)
        {
            cycle.Answer(from, refusal);
            return;
        }

        cycle.Tenant.SetPosition(heartbeat.Client, heartbeat.CurrentLsn);
        cycle.Answer(from, null);
        outlet.Beat(heartbeat.Client, cycle.DurableHead, from);
    }

    /// <summary>Says how the clients are (docs/protocol.md 6.6).</summary>
    public void List(ListClients m, TCaller from, long now)
    {
        var tenant = cycle.Tenant;
        var page = tenant.Fleet.Page(m.After, m.Max, tenant.Head);
        var live = page.Members.Select(static member => member.Client).Where(outlet.IsLive).ToHashSet();
        var reply = new FleetReply(page.Members, live, page.HasMore, tenant.ClientCount, tenant.Head, tenant.ServerNode, now);
        cycle.AnswerBehindWrites(from, () => reply);
    }

    /// <summary>Forgets a client that an administrator wants forgotten (docs/protocol.md 6.6).</summary>
    public void Forget(ClientId client, TCaller from, long now)
    {
        var decision = cycle.Tenant.Fleet.Decide(client, now);
        if (decision.Event is { } e)
        {
            Forget(e, () => cycle.Answer(from, new ForgetReply(client)));
        }
        else
        {
            cycle.AnswerBehindWrites(from, () => decision.Refusal!);
        }
    }

    /// <summary>
    /// Where it is time: looks at some of the clients, notes their contacts and forgets those that were silent for too long. What is left
    /// over is looked at behind the next message, so that none waits for it long.
    /// </summary>
    public void KeepUp(long now)
    {
        if (now < _upkeepAt && _upkeepAt - now <= Limits.UpkeepMicros)
        {
            return;
        }

        var step = cycle.Tenant.Fleet.DecideUpkeep(_upkeepAfter, now, _patience);
        foreach (var forgotten in step.Forgotten)
        {
            if (outlet.IsLive(forgotten.Client))
            {
                // It has a stream open, on which it has nothing to say.
                cycle.Tenant.Fleet.Hear(forgotten.Client, now);
            }
            else
            {
                Forget(forgotten, static () => { });
            }
        }

        Note(step.Seen);
        _upkeepAfter = step.Next;
        _upkeepAt = step.Next is null ? now + Limits.UpkeepMicros : long.MinValue;
    }

    /// <summary>At the end: notes all contacts that the journal is too far behind of.</summary>
    public void NoteAll(long now)
    {
        ClientId? after = null;
        do
        {
            var step = cycle.Tenant.Fleet.DecideUpkeep(after, now, null);
            Note(step.Seen);
            after = step.Next;
        }
        while (after is not null);
    }

    private void Note(Seen? seen)
    {
        if (seen is not null && services.Right.Valid(id))
        {
            cycle.Persist(cycle.Apply(seen), static () => { });
        }
    }

    private void Forget(Forgotten e, Action then)
    {
        var applied = cycle.Apply(e);
        _changing[e.Client] = applied.Sequence;
        cycle.Persist(applied, () =>
        {
            Changed(e.Client, applied.Sequence);
            _counted--;
            services.Registrations.TakeOne();
            outlet.End(e.Client, e.Reason);
            then();
        });
    }

    private void Changed(ClientId client, long sequence)
    {
        if (_changing[client] == sequence)
        {
            _changing.Remove(client);
        }
    }
}
