using HeliosSync.Actors.Journal;
using HeliosSync.Domain;

namespace HeliosSync.Actors.Tenants;

/// <summary>What a tenant's cycle acts through. What it is told comes back in the order in which it was asked for.</summary>
/// <typeparam name="TCaller">Whoever can be answered.</typeparam>
internal interface ITenantOutlet<in TCaller>
{
    /// <summary>
    /// Writes an event behind those before it, and tells the sequence number under which it became durable. After a failed or rejected
    /// write nothing is told any more, of this event or a later one: the cycle is <see cref="TenantCycle{TCaller}.Abandon"/>ed.
    /// </summary>
    void Persist(JournalEvent e, Action<long> stored);

    /// <summary>Goes on when all that is being written now is durable; at once where nothing is.</summary>
    void Defer(Action then);

    /// <summary>Answers a caller.</summary>
    void Answer(TCaller to, object answer);

    /// <summary>Notes that a client lives, and answers its heartbeat.</summary>
    void Beat(ClientId client, long headLsn, TCaller to);

    /// <summary>Gives a client its stream, and answers that it is open.</summary>
    void Open(OpenStream stream, StreamOpened answer, TCaller to);

    /// <summary>Whether a client is live (protocol 4.4).</summary>
    bool IsLive(ClientId client);

    /// <summary>A client is registered no longer: whatever it has open ends.</summary>
    void End(ClientId client, ForgetReason reason);

    /// <summary>Keeps a snapshot of the event that is just being told of.</summary>
    void Save(StoredSnapshot snapshot);

    /// <summary>Ends the tenant's time in memory.</summary>
    void Stop();
}
