using System.Diagnostics.Metrics;
using HeliosSync.Actors.Journal;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Actors.Telemetry;

/// <summary>
/// The instruments of actors and journal. What happens often costs next to nothing while nobody listens, and allocates nothing when
/// somebody does; what is rare is counted always, so that it is there, as 0, before it first happens. Thread-safe.
/// </summary>
internal sealed class SyncMetrics
{
    private readonly Counter<long> _changes;
    private readonly Counter<long> _conflicts;
    private readonly Histogram<double> _commits;
    private readonly Histogram<int> _groups;
    private readonly Counter<long> _written;
    private readonly Histogram<double> _recoveries;
    private readonly Outcomes _recovered = new("ok", "failed");
    private readonly Outcomes _writes = new("failed");
    private readonly Outcomes _snapshots = new("kept", "failed");
    private readonly Outcomes _compactions = new("done", "failed");
    private readonly Outcomes _compacted = new("removed");

    public SyncMetrics(Meter meter)
    {
        _changes = meter.CreateCounter<long>(
            "heliossync.changes.pushed", "{change}", "Changes of pushes that were judged and are durable, by what became of them.");
        _conflicts = meter.CreateCounter<long>(
            "heliossync.conflicts", "{conflict}", "Conflicts that pushes met, by kind and by how they ended.");
        _commits = meter.CreateHistogram(
            "heliossync.journal.commit.duration",
            "s",
            "Time of a commit of the journal: the write to the log and its flush (fsync), now and then a checkpoint too.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = Seconds(0.0001, 0.001, 0.01, 0.1, 1) });
        _groups = meter.CreateHistogram(
            "heliossync.journal.group.writes",
            "{write}",
            "Writes of tenants that one commit made durable.",
            advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] });
        _written = meter.CreateCounter<long>("heliossync.journal.written", "By", "Bytes of events that were made durable.");
        _recoveries = meter.CreateHistogram(
            "heliossync.recovery.duration",
            "s",
            "Time in which a tenant was read back into memory.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = Seconds(0.001, 0.01, 0.1, 1, 10) });
        _recovered.Show(meter, "heliossync.recoveries", "{recovery}", "Tenants that were read into memory, new ones too, or could not be.");
        _writes.Show(meter, "heliossync.journal.failures", "{write}", "Writes of tenants that did not become durable.");
        _snapshots.Show(meter, "heliossync.snapshots", "{snapshot}", "Snapshots of tenants.");
        _compactions.Show(meter, "heliossync.compactions", "{compaction}", "Compactions of tenants' journals, dry runs left out.");
        _compacted.Show(meter, "heliossync.compaction.changes", "{change}", "Old versions that compaction took away.");
    }

    /// <summary>
    /// An event of a tenant is durable. What it says of its changes is read from its bytes, and only where somebody listens; where all were
    /// accepted, as they mostly are, without going through them.
    /// </summary>
    public void Stored(JournalEvent e)
    {
        if (!(_changes.Enabled || _conflicts.Enabled) || !EventManifests.IsPush(e.Manifest))
        {
            return;
        }

        var push = new PushedView(e.Bytes);
        if (e.Manifest == EventManifests.Pushed && push.LsnCount == push.ChangeCount)
        {
            _changes.Add(push.LsnCount, new KeyValuePair<string, object?>("outcome", NameOf(Verdict.Accepted)));
            return;
        }

        foreach (var outcome in push.Outcomes())
        {
            _changes.Add(1, new KeyValuePair<string, object?>("outcome", NameOf(outcome.Verdict)));
            if (outcome.Conflict != ConflictType.None)
            {
                _conflicts.Add(
                    1,
                    new KeyValuePair<string, object?>("kind", NameOf(outcome.Conflict)),
                    new KeyValuePair<string, object?>("resolution", NameOf(outcome.Resolution)));
            }
        }
    }

    /// <summary>It is known what became of a group of writes.</summary>
    /// <param name="group">The writes; those that a constraint refused are among them.</param>
    /// <param name="took">The commit alone.</param>
    /// <param name="failure">Why none of them is stored; null where the group was committed.</param>
    public void Written(List<JournalWrite> group, TimeSpan took, Exception? failure)
    {
        if (failure is not null)
        {
            _writes.Count(0, group.Count);
            return;
        }

        _commits.Record(took.TotalSeconds);
        _groups.Record(group.Count);
        var bytes = 0L;
        foreach (var write in group)
        {
            if (write.Failure is not null)
            {
                _writes.Count(0);
                continue;
            }

            foreach (var row in write.Rows)
            {
                bytes += row.Event.Bytes.Length;
            }
        }

        _written.Add(bytes);
    }

    /// <summary>A tenant was read back.</summary>
    public void Recovered(TimeSpan took)
    {
        _recoveries.Record(took.TotalSeconds);
        _recovered.Count(0);
    }

    /// <summary>A tenant could not be read back.</summary>
    public void NotRecovered() => _recovered.Count(1);

    /// <summary>A snapshot is kept, or could not be.</summary>
    public void Snapshot(bool kept) => _snapshots.Count(kept ? 0 : 1);

    /// <summary>A journal was compacted.</summary>
    public void Compacted(long changesRemoved)
    {
        _compactions.Count(0);
        _compacted.Count(0, changesRemoved);
    }

    /// <summary>A compaction broke off.</summary>
    public void NotCompacted() => _compactions.Count(1);

    /// <summary>Bounds from the least to the most, each decade in 1, 2.5 and 5.</summary>
    private static double[] Seconds(params double[] decades) =>
        [.. decades[..^1].SelectMany(static d => new[] { d, d * 2.5, d * 5 }), decades[^1]];

    private static string NameOf(Verdict verdict) => verdict switch
    {
        Verdict.Accepted => "accepted",
        Verdict.Repeated => "repeated",
        Verdict.Superseded => "superseded",
        Verdict.Converged => "converged",
        Verdict.Conflicting => "conflicting",
        _ => "withdrawn",
    };

    private static string NameOf(ConflictType kind) => kind switch
    {
        ConflictType.UniqueConstraintViolation => "unique_constraint_violation",
        ConflictType.ConcurrentUpdate => "concurrent_update",
        ConflictType.DeletedOnServer => "deleted_on_server",
        _ => "updated_on_server",
    };

    private static string NameOf(Resolution resolution) => resolution switch
    {
        Resolution.ServerWon => "server_won",
        Resolution.ClientWon => "client_won",
        _ => "rejected",
    };
}
