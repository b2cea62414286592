using HeliosSync.Actors.Journal;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Actors.Compaction;

/// <summary>Compacts one tenant's journal: reads it twice, in pieces, and changes it step by step.</summary>
/// <param name="tenant">Whose journal.</param>
/// <param name="survey">What must stay of it; nothing has been read yet.</param>
/// <param name="changes">Reads it.</param>
/// <param name="reading">Where.</param>
/// <param name="pace">Waits after each piece, so that others come to their turn.</param>
internal sealed class TenantCompactor(
    TenantId tenant, CompactionSurvey survey, JournalChanges changes, BlockingThreads reading, Func<TimeSpan, Task> pace)
{
    /// <summary>Rows of one step, and so of one transaction: other tenants' writes wait behind it.</summary>
    public const int StepRowsMax = 256;

    /// <summary>Nodes whose last events are written anew in one step; each may be of megabytes.</summary>
    private const int CarriersAtOnce = 16;

    private const long StepBytesMax = 512 * 1_024;

    private readonly List<JournalRow> _piece = [];

    /// <summary>Does it.</summary>
    /// <param name="apply">Makes a step durable; null: nothing is changed, and it is only seen what would be.</param>
    public async Task<CompactionFigures> RunAsync(Func<IReadOnlyList<JournalEdit>, Task>? apply)
    {
        var scope = survey.Scope;
        await ForEachPieceAsync(
            scope.HeadSequence,
            row => survey.Take(row.Sequence, row.Manifest, row.Bytes),
            static () => { },
            static () => Task.CompletedTask).ConfigureAwait(false);
        await reading.RunAsync(survey.Close).ConfigureAwait(false);
        var compactor = new Compactor(survey);
        var edits = new List<JournalEdit>();
        async Task StepAsync()
        {
            if (edits.Count > 0 && apply is not null)
            {
                await apply(edits).ConfigureAwait(false);
            }

            edits.Clear();
        }

        await CarryAsync(compactor, edits, StepAsync).ConfigureAwait(false);
        await ForEachPieceAsync(
            scope.LastSequence,
            row => compactor.Take(row.Sequence, row.Manifest, row.Bytes, edits),
            () => compactor.Pause(edits),
            StepAsync).ConfigureAwait(false);
        compactor.End(edits);
        await StepAsync().ConfigureAwait(false);
        return compactor.Figures;
    }

    /// <summary>First of all: what others say that will go is said by those that stay.</summary>
    private async Task CarryAsync(Compactor compactor, List<JournalEdit> edits, Func<Task> stepAsync)
    {
        foreach (var some in survey.Carriers.Chunk(CarriersAtOnce))
        {
            var began = TimeProvider.System.GetTimestamp();
            await reading.RunAsync(() =>
            {
                foreach (var sequence in some)
                {
                    changes.Read(tenant, sequence, sequence, row =>
                    {
                        compactor.Carry(row.Sequence, row.Manifest, row.Bytes, edits);
                        return true;
                    });
                }
            }).ConfigureAwait(false);
            await stepAsync().ConfigureAwait(false);
            await pace(TimeProvider.System.GetElapsedTime(began)).ConfigureAwait(false);
        }
    }

    private async Task ForEachPieceAsync(long to, Action<JournalRow> take, Action taken, Func<Task> then)
    {
        for (var from = 1L; from <= to; from = _piece.Count == 0 ? to + 1 : _piece[^1].Sequence + 1)
        {
            var began = TimeProvider.System.GetTimestamp();
            await reading.RunAsync(() =>
            {
                ReadPiece(from, to);
                _piece.ForEach(take);
                taken();
            }).ConfigureAwait(false);
            await then().ConfigureAwait(false);
            await pace(TimeProvider.System.GetElapsedTime(began)).ConfigureAwait(false);
        }
    }

    /// <summary>Reads the next piece, whole: a query left open would keep the write-ahead log from being cut.</summary>
    private void ReadPiece(long from, long to)
    {
        _piece.Clear();
        var bytes = 0L;
        changes.Read(
            tenant,
            from,
            to,
            row =>
            {
                _piece.Add(row);
                bytes += row.Bytes.Length;
                return _piece.Count < StepRowsMax && bytes < StepBytesMax;
            },
            mayEndInGap: to < survey.Scope.HeadSequence);
    }
}
