using System.Data.Common;
using HeliosSync.Actors.Journal;
using HeliosSync.Actors.Telemetry;
using HeliosSync.Actors.Tenants;
using HeliosSync.Codec;
using HeliosSync.Domain;
using Microsoft.Extensions.Logging;

namespace HeliosSync.Actors.Compaction;

/// <summary>
/// Compacts tenants' journals, one at a time: when an administrator asks, and by itself where enough has become old. What it needs of a
/// tenant it asks the tenant.
/// </summary>
/// <param name="ask">Asks a tenant.</param>
/// <param name="reader">Reads the journal.</param>
/// <param name="writer">Changes it, between the tenants' writes.</param>
/// <param name="hash">Tells rows.</param>
/// <param name="threads">Where it is read.</param>
/// <param name="options">How long history is kept.</param>
/// <param name="time">The clock.</param>
/// <param name="log">What it did by itself.</param>
internal sealed class Compactions(
    AskTenant ask,
    JournalReader reader,
    JournalWriter writer,
    KeyedHash hash,
    BlockingThreads threads,
    SyncServerOptions options,
    TimeProvider time,
    ILogger log) : IAsyncDisposable
{
    /// <summary>A tenant's newest events that are never taken away: with them the fence stands that refuses a number twice.</summary>
    public const int NewestKept = 1_000;

    /// <summary>By itself it begins only where that part of a journal has become old since the last time: so reading pays.</summary>
    private const int DueParts = 8;

    /// <summary>Pages that are given back in one step.</summary>
    private const int PagesAtOnce = 128;

    /// <summary>Of the time that passes, it works this part and waits for the others.</summary>
    private const int WorkParts = 4;

    private readonly JournalChanges _changes = new(reader.Read);
    private readonly SemaphoreSlim _one = new(1);
    private readonly CancellationTokenSource _end = new();

    /// <summary>Where its work is counted; null: nowhere.</summary>
    public SyncMetrics? Metrics { get; init; }

    /// <summary>Compacts a tenant's journal, or says what that would do. Another compaction that goes on is a refusal.</summary>
    public async Task<Reply<CompactionReply>> RunAsync(TenantId tenant, bool dryRun)
    {
        if (!await _one.WaitAsync(TimeSpan.Zero).ConfigureAwait(false))
        {
            return new Reply<CompactionReply>(
                new Refusal(ErrorCode.Overloaded, "Another compaction is going on: come again when it is done."), null);
        }

        try
        {
            return await CompactAsync(tenant, dryRun, onlyIfDue: false).ConfigureAwait(false);
        }
        catch (Exception e) when (_end.IsCancellationRequested && (IsOfStorage(e) || e is OperationCanceledException))
        {
            return new Reply<CompactionReply>(ComeAgain.Overloaded, null);
        }
        catch (Exception e) when (IsOfStorage(e))
        {
            Metrics?.NotCompacted();
            StorageLog.Unreadable(log, tenant.Value, e.Message);
            return new Reply<CompactionReply>(e is DbException ? ComeAgain.StorageUnavailable : ComeAgain.JournalDamaged, null);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Looks at every tenant, again and again, until it is disposed.</summary>
    public async Task WatchAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(options.CompactEvery, time, _end.Token).ConfigureAwait(false);
                await _one.WaitAsync(_end.Token).ConfigureAwait(false);
                try
                {
                    await CompactAllAsync().ConfigureAwait(false);
                }
                finally
                {
                    _one.Release();
                }
            }
        }
        catch (Exception e) when (_end.IsCancellationRequested && (IsOfStorage(e) || e is OperationCanceledException))
        {
            // The server stops.
        }
    }

    /// <summary>Ends behind the step in hand.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        await _one.WaitAsync().ConfigureAwait(false);
        _one.Dispose();
        _end.Dispose();
    }

    /// <summary>The tenants in the journal.</summary>
    public IReadOnlyList<TenantId> Tenants()
    {
        var tenants = new List<TenantId>();
        foreach (var name in reader.ReadNames())
        {
            if (PersistenceIds.TryParse(name, out var tenant))
            {
                tenants.Add(tenant);
            }
        }

        return tenants;
    }

    private async Task CompactAllAsync()
    {
        IReadOnlyList<TenantId> tenants = [];
        await threads.RunAsync(() => tenants = Tenants()).ConfigureAwait(false);
        foreach (var tenant in tenants)
        {
            _end.Token.ThrowIfCancellationRequested();
            try
            {
                var (_, done) = await CompactAsync(tenant, dryRun: false, onlyIfDue: true).ConfigureAwait(false);
                if (done is not null && done.Figures.EventsRemoved + done.Figures.EventsRewritten > 0)
                {
                    options.Deeds.Compacted(tenant, done.HorizonLsn, done.Figures);
                    StorageLog.Compacted(
                        log, tenant.Value, done.HorizonLsn, done.Figures.ChangesRemoved, done.Figures.Changes, done.Figures.BytesRemoved);
                }
            }
            catch (Exception e) when (IsOfStorage(e) && !_end.IsCancellationRequested)
            {
                // It is tried again at the next round; what was done stays done.
                Metrics?.NotCompacted();
                StorageLog.Unreadable(log, tenant.Value, e.Message);
            }
        }
    }

    private async Task<Reply<CompactionReply>> CompactAsync(TenantId tenant, bool dryRun, bool onlyIfDue)
    {
        var name = PersistenceIds.Of(tenant);
        var (horizon, compacted) = (0L, 0L);
        await threads.RunAsync(() => (horizon, compacted) = Old(tenant, name)).ConfigureAwait(false);
        if (onlyIfDue && !await IsDueAsync(name, horizon, compacted).ConfigureAwait(false))
        {
            return default;
        }

        var (refusal, state) = await PrepareAsync(tenant, horizon, mayKeep: !dryRun).ConfigureAwait(false);
        if (state is null)
        {
            return new Reply<CompactionReply>(refusal, null);
        }

        // A dry run tells what would go with the snapshot that would be kept.
        var last = Math.Min(horizon, dryRun ? state.HeadSequence - 1 : state.SnapshotSequence - 1);
        var figures = new CompactionFigures();
        var survey = new CompactionSurvey(
            new CompactionScope(name, last, state.HeadSequence - NewestKept, state.HeadSequence), state.Needs, hash);
        if (last > 0)
        {
            figures = await RunAsync(tenant, survey, dryRun).ConfigureAwait(false);
        }

        var (lagging, hasMore) = onlyIfDue ? ([], false) : await LaggingAsync(tenant, survey.HorizonLsn).ConfigureAwait(false);
        return new Reply<CompactionReply>(
            null, new CompactionReply(dryRun, survey.HorizonLsn, state.HeadLsn, figures, lagging, hasMore));
    }

    /// <summary>Whether so much is newly old that it pays to read the journal.</summary>
    private async Task<bool> IsDueAsync(string name, long horizon, long compacted)
    {
        if (horizon <= compacted)
        {
            return false;
        }

        var left = 0L;
        await threads.RunAsync(() => left = reader.CountEvents(name, compacted)).ConfigureAwait(false);
        return (horizon - compacted) * DueParts >= left;
    }

    private async Task<CompactionFigures> RunAsync(TenantId tenant, CompactionSurvey survey, bool dryRun)
    {
        var run = new TenantCompactor(tenant, survey, _changes, threads, PaceAsync);
        if (dryRun)
        {
            return await run.RunAsync(apply: null).ConfigureAwait(false);
        }

        var figures = await run.RunAsync(edits => StepAsync(survey, edits)).ConfigureAwait(false);
        await GiveBackAsync().ConfigureAwait(false);
        Metrics?.Compacted(figures.ChangesRemoved);
        return figures;
    }

    private async Task StepAsync(CompactionSurvey survey, IReadOnlyList<JournalEdit> edits)
    {
        _end.Token.ThrowIfCancellationRequested();
        await writer.BetweenAsync(connection => CompactionSql.Apply(connection, survey.Scope, survey.HorizonLsn, edits))
            .ConfigureAwait(false);
    }

    /// <summary>Gives the free pages back to the file system, a few at a time.</summary>
    private async Task GiveBackAsync()
    {
        for (var more = true; more && !_end.IsCancellationRequested;)
        {
            var began = TimeProvider.System.GetTimestamp();
            await writer.BetweenAsync(connection => more = CompactionSql.GiveBack(connection, PagesAtOnce)).ConfigureAwait(false);
            await PaceAsync(TimeProvider.System.GetElapsedTime(began)).ConfigureAwait(false);
        }
    }

    private Task PaceAsync(TimeSpan worked) =>
        options.CompactWithoutPause ? Task.CompletedTask : Task.Delay(worked * WorkParts, _end.Token);

    /// <summary>The last push that is older than history is kept, and up to where the journal was compacted before.</summary>
    private (long Horizon, long Compacted) Old(TenantId tenant, string name)
    {
        var keptMicros = options.HistoryKept.Ticks / TimeSpan.TicksPerMicrosecond;
        var now = time.GetUtcNow().ToUnixTimeMicroseconds();
        return (HistoryHorizon.Find(_changes, tenant, reader.ReadHighest(name), now - keptMicros), reader.ReadCompacted(name));
    }

    /// <summary>What the tenant needs, with a snapshot above the horizon, or one as new as it gets.</summary>
    private async Task<Reply<NeedsReply>> PrepareAsync(TenantId tenant, long horizon, bool mayKeep)
    {
        var (refusal, state) = await AskAsync(new AskNeeds(tenant)).ConfigureAwait(false);
        if (state is null || !mayKeep || horizon < state.SnapshotSequence || state.HeadSequence == 0)
        {
            return new Reply<NeedsReply>(refusal, state);
        }

        // One that is being kept already may be too old: then the next one is as new as can be.
        for (var i = 0; i < 2 && state is not null && state.SnapshotSequence <= horizon && state.SnapshotSequence < state.HeadSequence; i++)
        {
            (refusal, state) = await AskAsync(new KeepSnapshot(tenant)).ConfigureAwait(false);
        }

        return new Reply<NeedsReply>(refusal, state);
    }

    /// <summary>The clients that will see final versions alone of what is up to the horizon.</summary>
    private async Task<(IReadOnlyList<FleetMember> Lagging, bool HasMore)> LaggingAsync(TenantId tenant, long horizon)
    {
        var lagging = new List<FleetMember>();
        for (ClientId? after = null; horizon > 0;)
        {
            if (await ask(new ListClients(tenant, after, Limits.FleetPageClientsMax)).ConfigureAwait(false) is not FleetReply page)
            {
                break;
            }

            foreach (var member in page.Members.Where(m => (m.Position ?? 0) < horizon))
            {
                if (lagging.Count == CompactionReply.LaggingMax)
                {
                    return (lagging, true);
                }

                lagging.Add(member);
            }

            if (!page.HasMore)
            {
                break;
            }

            after = page.Members[^1].Client;
        }

        return (lagging, false);
    }

    private async Task<Reply<NeedsReply>> AskAsync(ITenantMessage message) =>
        TenantAnswer.Of<NeedsReply>(message, await ask(message).ConfigureAwait(false));

    private static bool IsOfStorage(Exception e) =>
        e is DbException or JournalDamageException or InvalidDataException or InvalidOperationException;
}
