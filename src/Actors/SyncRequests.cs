using System.Data.Common;
using HeliosSync.Actors.Journal;
using HeliosSync.Actors.Telemetry;
using HeliosSync.Actors.Tenants;
using HeliosSync.Codec;
using HeliosSync.Domain;
using Microsoft.Extensions.Logging;

namespace HeliosSync.Actors;

/// <summary>
/// From a request to its whole answer: asks the tenant, and completes what it says from the journal. Holds nothing between two requests.
/// </summary>
/// <param name="ask">Asks a tenant.</param>
/// <param name="changes">Reads the journal.</param>
/// <param name="tokens">Seals and opens continuation tokens.</param>
/// <param name="log">Where it is said why the journal could not be read.</param>
/// <param name="reading">Where the journal is read; null: right here.</param>
internal sealed class SyncRequests(
    AskTenant ask, JournalChanges changes, ContinuationTokens tokens, ILogger? log = null, Func<Action, Task>? reading = null)
{
    private readonly JournalConflicts _conflicts = new(changes);

    /// <summary>Registers a client (protocol 4.1).</summary>
    public Task<Reply<RegisterReply>> RegisterAsync(TenantId tenant, Register register) =>
        AskAsync<RegisterReply>(new RegisterClient(tenant, register));

    /// <summary>Notes a heartbeat (protocol 4.4).</summary>
    public Task<Reply<HeartbeatReply>> HeartbeatAsync(TenantId tenant, Heartbeat heartbeat) =>
        AskAsync<HeartbeatReply>(new NoteHeartbeat(tenant, heartbeat));

    /// <summary>Says which conflict policies are in force (protocol 5.5).</summary>
    public Task<Reply<PoliciesReply>> PoliciesAsync(TenantId tenant) => AskAsync<PoliciesReply>(new AskPolicies(tenant));

    /// <summary>Sets a tenant's own conflict policies; null gives them up.</summary>
    public Task<Reply<PoliciesReply>> SetPoliciesAsync(TenantId tenant, ConflictPolicies? policies, ClientId by) =>
        AskAsync<PoliciesReply>(new SetPolicies(tenant, policies, by));

    /// <summary>Says how the clients are (docs/protocol.md 6.6).</summary>
    public Task<Reply<FleetReply>> ListClientsAsync(TenantId tenant, ClientId? after, int max) =>
        AskAsync<FleetReply>(new ListClients(tenant, after, max));

    /// <summary>Forgets a client (docs/protocol.md 6.6).</summary>
    public Task<Reply<ForgetReply>> ForgetClientAsync(TenantId tenant, ClientId client) =>
        AskAsync<ForgetReply>(new ForgetClient(tenant, client));

    /// <summary>Judges a push and stores it (protocol 4.3). Owns the batch from the call on.</summary>
    public async Task<Reply<PushReply>> PushAsync(TenantId tenant, PushBatch batch)
    {
        var (refusal, stored) = await AskAsync<PushStored>(new StorePush(tenant, batch.Push, SyncTelemetry.Current)).ConfigureAwait(false);
        if (stored is null && refusal!.Code == ErrorCode.StorageUnavailable)
        {
            // Perhaps only the answer is missing and the tenant still reads the batch: its buffers must not go back to the pool.
            return new Reply<PushReply>(refusal, null);
        }

        var (message, digest) = (batch.Push.Message, batch.Push.Digest);
        batch.Dispose();
        return stored is null
            ? new Reply<PushReply>(refusal, null)
            : await AnswerAsync(tenant, stored, message, digest).ConfigureAwait(false);
    }

    /// <summary>Reads a page (protocol 4.2): what is recent from memory, the rest from the journal.</summary>
    public async Task<Reply<PullReply>> PullAsync(TenantId tenant, Pull pull)
    {
        var (after, pinned, journal) = (pull.SinceLsn, long.MaxValue, default(Guid));
        if (pull.ContinuationToken is not null && !tokens.TryOpen(tenant, pull, out journal, out after, out pinned))
        {
            return new Reply<PullReply>(new Refusal(
                ErrorCode.InvalidContinuationToken, "The continuation token was not made for this pull: begin it anew."), null);
        }

        Guid? of = pull.ContinuationToken is null ? null : journal;
        return await ReadPageAsync(tenant, new PlanPage(tenant, pull, after, Journal: of, Pinned: pinned), Limits.PagePayloadBytesMax)
            .ConfigureAwait(false);
    }

    /// <summary>
    /// Reads a page above an LSN that the server reached by itself for this pull: for a stream, or a pull that waited. It is no word of the
    /// client's on its position.
    /// </summary>
    public Task<Reply<PullReply>> ReadOnAsync(TenantId tenant, Pull pull, long after, long payloadBytesMax) =>
        ReadPageAsync(tenant, new PlanPage(tenant, pull, after, ReadsOn: true), payloadBytesMax);

    private async Task<Reply<PullReply>> ReadPageAsync(TenantId tenant, PlanPage ask, long payloadBytesMax)
    {
        var pull = ask.Pull;
        var (refusal, plan) = await AskAsync<PagePlan>(ask).ConfigureAwait(false);
        if (plan is null)
        {
            return new Reply<PullReply>(refusal, null);
        }

        try
        {
            var pinned = Math.Min(ask.Pinned, plan.HeadLsn);
            var page = new PageBuilder(
                pull, ask.After, pinned, plan.Node, payloadBytesMax, plan.First?.Latest, mayEndInGap: pinned < plan.HeadLsn);
            if (!JournalChanges.TryFill(page, plan))
            {
                await ReadAsync(() => changes.Fill(page, tenant, plan)).ConfigureAwait(false);
            }

            var token = page.HasMore ? tokens.Seal(tenant, pull, plan.ServerNode, page.ServerLsn, pinned) : null;
            return new Reply<PullReply>(null, new PullReply(page, plan.ServerNode, plan.HeadLsn, token));
        }
        catch (Exception e) when (IsOfStorage(e))
        {
            return new Reply<PullReply>(WhyNot(tenant, e), null);
        }
    }

    private async Task<Reply<PushReply>> AnswerAsync(TenantId tenant, PushStored stored, Guid message, Hash128 digest)
    {
        try
        {
            var bytes = stored.Event;
            if (bytes is null)
            {
                await ReadAsync(() => bytes = changes.ReadPush(tenant, stored.Sequence, message, digest)).ConfigureAwait(false);
            }

            var met = JournalChanges.ConflictLsns(bytes);
            IReadOnlyDictionary<long, ServerChange> versions = new Dictionary<long, ServerChange>();
            if (met.Count > 0)
            {
                var (refusal, places) = await AskAsync<ChangesLocated>(new LocateChanges(tenant, met)).ConfigureAwait(false);
                if (refusal is not null)
                {
                    return new Reply<PushReply>(ComeAgain.StorageUnavailable, null);
                }

                await ReadAsync(() => versions = changes.ReadChanges(tenant, met, places!)).ConfigureAwait(false);
            }

            var (node, counter) = (stored.Standing.Node, stored.Standing.JudgedCounter);
            return new Reply<PushReply>(
                null, new PushReply(bytes, versions, stored.ServerLsn, stored.HeadLsn, stored.ServerNode, node, counter));
        }
        catch (Exception e) when (IsOfStorage(e))
        {
            return new Reply<PushReply>(WhyNot(tenant, e), null);
        }
    }

    /// <summary>Reads a page of the conflict log (protocol 4.7): the log says which, the journal says what.</summary>
    public async Task<Reply<ConflictsReply>> ConflictsAsync(TenantId tenant, ClientId client, long since, int limit, bool? open)
    {
        var (refusal, listed) = await AskAsync<ConflictsListed>(new ListConflicts(tenant, client, since, limit, open))
            .ConfigureAwait(false);
        if (listed is null || listed.Entries.Count == 0)
        {
            return new Reply<ConflictsReply>(
                refusal, listed is null ? null : new ConflictsReply([], HasMore: false, since, listed.ServerNode));
        }

        try
        {
            IReadOnlyList<FoundConflict> found = [];
            await ReadAsync(() => found = _conflicts.Find(tenant, listed)).ConfigureAwait(false);
            var reports = await CompleteAsync(tenant, found).ConfigureAwait(false);
            var hasMore = listed.HasMore || found.Count < listed.Entries.Count;
            return reports is null
                ? new Reply<ConflictsReply>(ComeAgain.StorageUnavailable, null)
                : new Reply<ConflictsReply>(null, new ConflictsReply(reports, hasMore, found[^1].Entry.Id, listed.ServerNode));
        }
        catch (Exception e) when (IsOfStorage(e))
        {
            return new Reply<ConflictsReply>(WhyNot(tenant, e), null);
        }
    }

    /// <summary>Adds the versions that the changes met and, where they are found, those that both grew from; null: ask again.</summary>
    private async Task<IReadOnlyList<ConflictReport>?> CompleteAsync(TenantId tenant, IReadOnlyList<FoundConflict> found)
    {
        long[] met = [.. found.Select(static f => f.Entry.Met.Lsn).Distinct().Order()];
        var known = found.Where(static f => f.KnownLsn > 0 && f.KnownLsn < f.Entry.Met.Lsn).ToArray();
        long[] asked = [.. met, .. known.Select(static f => f.KnownLsn)];
        var (_, places) = await AskAsync<ChangesLocated>(new LocateChanges(tenant, asked)).ConfigureAwait(false);
        if (places is null)
        {
            return null;
        }

        IReadOnlyDictionary<long, ServerChange> versions = new Dictionary<long, ServerChange>();
        var bases = new Dictionary<long, StoredChange?>();
        await ReadAsync(() =>
        {
            versions = changes.ReadChanges(tenant, met, places);
            for (var i = 0; i < known.Length; i++)
            {
                bases[known[i].Entry.Id] = _conflicts.FindBase(
                    tenant, known[i], places.FromSequences[met.Length + i], places.HeadSequence);
            }
        }).ConfigureAwait(false);
        return [.. found.Select(f => new ConflictReport(
            f.Entry, f.Client, versions[f.Entry.Met.Lsn], bases.GetValueOrDefault(f.Entry.Id), f.SettledBy))];
    }

    private static bool IsOfStorage(Exception e) => e is DbException or JournalDamageException or InvalidDataException;

    /// <summary>What the client is told; why, is said in the log.</summary>
    private Refusal WhyNot(TenantId tenant, Exception e)
    {
        if (log is not null)
        {
            StorageLog.Unreadable(log, tenant.Value, e.Message);
        }

        return e is DbException ? ComeAgain.StorageUnavailable : ComeAgain.JournalDamaged;
    }

    private Task ReadAsync(Action read)
    {
        if (reading is not null)
        {
            return reading(read);
        }

        read();
        return Task.CompletedTask;
    }

    private async Task<Reply<T>> AskAsync<T>(ITenantMessage message)
        where T : class => TenantAnswer.Of<T>(message, await ask(message).ConfigureAwait(false));
}
