using Akka.Persistence;

namespace HeliosSync.Actors.Journal;

/// <summary>
/// Hands a tenant its events, in pieces: a piece is read whole and its query closed before anything is handed over, and a next one is
/// handed over only when the tenant has taken the one before. So a recovery holds two pieces in memory, however long the journal is.
/// </summary>
internal sealed class JournalReplay(
    JournalReader reader, BlockingThreads threads, string persistenceId, Action<IPersistentRepresentation> hand)
{
    private const int PieceRowsMax = 1_024;
    private const long PieceBytesMax = 1L * 1_024 * 1_024;

    /// <summary>Longer than a tenant that recovers waits for an event: then it is gone.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<JournalRow> _piece = [];

    /// <summary>Hands over the events from one number to another, both included, and at most so many.</summary>
    public async Task RunAsync(long from, long to, long max)
    {
        var taken = Task.CompletedTask;
        for (var left = max; left > 0 && from <= to; left -= _piece.Count)
        {
            await threads.HopAsync();
            Read(from, to, left);
            if (_piece.Count == 0)
            {
                break;
            }

            await taken.WaitAsync(Patience).ConfigureAwait(false);
            taken = Hand();
            from = _piece[^1].Sequence + 1;
        }
    }

    private void Read(long from, long to, long left)
    {
        _piece.Clear();
        var (rows, bytes) = (Math.Min(left, PieceRowsMax), 0L);
        reader.Read(persistenceId, from, to, row =>
        {
            _piece.Add(row);
            bytes += row.Bytes.Length;
            return _piece.Count < rows && bytes < PieceBytesMax;
        });
    }

    /// <summary>Completes when the tenant has taken the last of them.</summary>
    private Task Hand()
    {
        var taken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        for (var i = 0; i < _piece.Count; i++)
        {
            var (sequence, manifest, bytes) = _piece[i];
            var e = new JournalEvent(manifest, bytes) { Taken = i == _piece.Count - 1 ? () => taken.TrySetResult() : null };
            hand(new Persistent(e, sequence, persistenceId, manifest));
        }

        return taken.Task;
    }
}
