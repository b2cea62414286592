using System.Buffers;
using System.Collections.Concurrent;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Actors.Streams;

/// <summary>A page as an event of a stream.</summary>
/// <param name="Bytes">The event.</param>
/// <param name="ServerLsn">The LSN reached.</param>
/// <param name="Changes">How many it has; one that has none is not sent.</param>
/// <param name="Authors">The nodes that pushed its changes, UTF-8, each once.</param>
internal sealed record FeedPage(ReadOnlyMemory<byte> Bytes, long ServerLsn, int Changes, IReadOnlyList<NodeId> Authors);

/// <summary>
/// Events for streams, each read and encoded once for all who want the same of it at the same time: a commit that wakes a thousand streams
/// costs one page. What was made is kept for the moment in which the others come, within a bound of bytes. Thread-safe.
/// </summary>
/// <param name="read">Reads a page above an LSN.</param>
/// <param name="writer">Writes it.</param>
/// <param name="firstSyncChanges">A stream from 0 that has more than these before it is sent each row's latest change alone.</param>
/// <param name="behind">Goes on behind a task that others wait for too.</param>
internal sealed class FeedPages(
    Func<TenantId, Pull, long, Task<Reply<PullReply>>> read, StreamEventWriter writer, long firstSyncChanges, Func<Task, Task> behind)
{
    /// <summary>Bytes of events that are kept; beyond, each stream makes its own.</summary>
    public const long KeptBytesMax = 16L * 1_024 * 1_024;

    private readonly ConcurrentDictionary<Key, Lazy<Task<Reply<FeedPage>>>> _kept = new();
    private readonly ConcurrentQueue<(Key Key, int Round)> _order = new();
    private long _keptBytes;
    private int _round;

    /// <summary>The next event above that LSN.</summary>
    public async Task<Reply<FeedPage>> ReadAsync(TenantId tenant, Pull pull, long after, long head)
    {
        // Where it has caught up, a stream from 0 is sent what the others are, and shares it with them.
        pull = IsFirst(pull, after, head) ? pull : pull with { SinceLsn = after };
        var shared = await ReadSharedAsync(tenant, pull with { ExcludeOwn = false }, after, head).ConfigureAwait(false);
        // A refusal may be meant for the client that came first.
        var isOthers = shared.Value is not { } page || (pull.ExcludeOwn && page.Authors.Any(author => author.IsOf(pull.Client)));
        return isOthers ? await MakeAsync(tenant, pull, after).ConfigureAwait(false) : shared;
    }

    /// <summary>A second is over: what was made before the last one is not waited for any more.</summary>
    public void Trim()
    {
        var round = Interlocked.Increment(ref _round);
        while (_order.TryPeek(out var oldest) && oldest.Round < round - 1 && _order.TryDequeue(out oldest))
        {
            if (_kept.TryGetValue(oldest.Key, out var page) && !page.Value.IsCompleted)
            {
                _order.Enqueue((oldest.Key, round));
            }
            else if (_kept.TryRemove(oldest.Key, out page) && page.Value is { IsCompletedSuccessfully: true, Result.Value: { } made })
            {
                Interlocked.Add(ref _keptBytes, -made.Bytes.Length);
            }
        }
    }

    private bool IsFirst(Pull pull, long after, long head) => pull.SinceLsn == 0 && head - after > firstSyncChanges;

    private async Task<Reply<FeedPage>> ReadSharedAsync(TenantId tenant, Pull pull, long after, long head)
    {
        var key = new Key(
            tenant,
            after,
            head,
            pull.MaxEntries,
            (pull.Base64 ? 1 : 0) | (pull.AcceptCompressed ? 2 : 0) | (IsFirst(pull, after, head) ? 4 : 0),
            pull.Tables is null ? null : string.Join(',', pull.Tables));
        if (!_kept.TryGetValue(key, out var lazy))
        {
            if (Volatile.Read(ref _keptBytes) >= KeptBytesMax)
            {
                return await MakeAsync(tenant, pull, after).ConfigureAwait(false);
            }

            var mine = new Lazy<Task<Reply<FeedPage>>>(() => KeepAsync(key, tenant, pull, after));
            lazy = _kept.GetOrAdd(key, mine);
            if (ReferenceEquals(lazy, mine))
            {
                return await lazy.Value.ConfigureAwait(false);
            }
        }

        var task = lazy.Value;
        if (!task.IsCompleted)
        {
            await behind(task).ConfigureAwait(false);
        }

        return await task.ConfigureAwait(false);
    }

    private async Task<Reply<FeedPage>> KeepAsync(Key key, TenantId tenant, Pull pull, long after)
    {
        _order.Enqueue((key, Volatile.Read(ref _round)));
        var made = await MakeAsync(tenant, pull, after).ConfigureAwait(false);
        Interlocked.Add(ref _keptBytes, made.Value?.Bytes.Length ?? 0);
        return made;
    }

    private async Task<Reply<FeedPage>> MakeAsync(TenantId tenant, Pull pull, long after)
    {
        var (refusal, reply) = await read(tenant, pull, after).ConfigureAwait(false);
        if (reply is null)
        {
            return new Reply<FeedPage>(refusal, null);
        }

        var page = reply.Page;
        if (page.Changes.Count == 0)
        {
            return new Reply<FeedPage>(null, new FeedPage(default, page.ServerLsn, 0, []));
        }

        var to = new ArrayBufferWriter<byte>(1_024);
        writer.Write(to, pull, page, reply.ServerNode, reply.HeadLsn);
        return new Reply<FeedPage>(null, new FeedPage(to.WrittenSpan.ToArray(), page.ServerLsn, page.Changes.Count, page.Authors()));
    }

    /// <summary>What two streams must have in common to be sent the same.</summary>
    private readonly record struct Key(TenantId Tenant, long After, long Head, int MaxEntries, int Form, string? Tables);
}
