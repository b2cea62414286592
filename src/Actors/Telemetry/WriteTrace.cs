using System.Diagnostics;
using HeliosSync.Actors.Journal;

namespace HeliosSync.Actors.Telemetry;

/// <summary>
/// The spans of a tenant's events on their way to the disk: each from when it was handed to the journal until what became of it is known.
/// Only of events that are traced; none, and nothing is made, where none is.
/// </summary>
internal sealed class WriteTrace
{
    private readonly List<Activity> _spans = [];

    private WriteTrace()
    {
    }

    /// <summary>The spans of the events that are traced; null where none is.</summary>
    public static WriteTrace? Begin(List<JournalAppend> rows)
    {
        if (!SyncTelemetry.Source.HasListeners())
        {
            return null;
        }

        WriteTrace? trace = null;
        var before = Activity.Current;
        foreach (var row in rows)
        {
            if (SyncTelemetry.Begin("journal write", row.Event.Trace) is { } span)
            {
                span.SetTag("heliossync.journal.bytes", row.Event.Bytes.Length);
                (trace ??= new WriteTrace())._spans.Add(span);
            }
        }

        // They end on another thread; what goes on here is none of theirs.
        Activity.Current = before;
        return trace;
    }

    /// <summary>
    /// The span of a commit, which many pushes share: it stands in the trace of the first of them, and is tied by links to all the others,
    /// in both directions. Null where no write of the group is traced.
    /// </summary>
    public static Activity? BeginCommit(List<JournalWrite> group)
    {
        if (!SyncTelemetry.Source.HasListeners())
        {
            return null;
        }

        Activity? commit = null;
        foreach (var write in group)
        {
            foreach (var span in write.Trace?._spans ?? [])
            {
                if (commit is null)
                {
                    commit = SyncTelemetry.Begin("journal commit", span);
                    if (commit is null)
                    {
                        return null;
                    }

                    commit.SetTag("heliossync.journal.group.writes", group.Count);
                    continue;
                }

                commit.AddLink(new ActivityLink(span.Context));
                span.AddLink(new ActivityLink(commit.Context));
            }
        }

        return commit;
    }

    /// <summary>It is known what became of the events: nothing is against them, or that is.</summary>
    public void End(Exception? failure)
    {
        var before = Activity.Current;
        foreach (var span in _spans)
        {
            Finish(span, failure);
        }

        // A span that ends puts the one in its place that was under way where it began.
        Activity.Current = before;
    }

    /// <summary>Ends a span, with the failure where there was one.</summary>
    public static void Finish(Activity? span, Exception? failure)
    {
        if (failure is not null)
        {
            // Of what kind, never its words: they may name a tenant.
            span?.SetStatus(ActivityStatusCode.Error);
            span?.SetTag("error.type", failure.GetType().FullName);
        }

        span?.Dispose();
    }
}
