using HeliosSync.Load.Engine;

namespace HeliosSync.Load.Clients;

/// <summary>
/// A client that holds every change up to its position, and pulls what is above it. It stores the <c>server_lsn</c> of each page and
/// goes on from there, as the simplest of clients would.
/// </summary>
internal sealed class Puller(SyncClient client, Given given, bool base64)
{
    /// <summary>Entries of a page.</summary>
    public const int Entries = 1_000;

    /// <summary>Up to there it has everything.</summary>
    public long Position { get; set; }

    /// <summary>What it is refused while it insists.</summary>
    public Refusals Refusals { get; } = new();

    /// <summary>Pulls one page from its position on.</summary>
    public async Task<StepResult> PullPageAsync(CancellationToken ct) => (await PullAsync(ct)).Result;

    /// <summary>Pulls page after page until there is no more.</summary>
    public async Task<StepResult> PullToHeadAsync(CancellationToken ct)
    {
        var (items, bytes) = (0L, 0L);
        while (true)
        {
            var (result, more) = await PullAsync(ct);
            if (result.Error is not null)
            {
                return result;
            }

            (items, bytes) = (items + result.Items, bytes + result.Bytes);
            if (!more)
            {
                return StepResult.Ok(items, bytes);
            }
        }
    }

    private async Task<(StepResult Result, bool More)> PullAsync(CancellationToken ct)
    {
        var answer = await Refusals.InsistAsync(() => client.PullAsync(new PullOf(Position, Entries, base64), ct), ct);
        if (!answer.Ok)
        {
            return (StepResult.Fail(answer.ErrorCode()), false);
        }

        var (page, extent) = given.Take(answer.Body);
        var whole = extent.Changes == 0
            ? page.ServerLsn == Position
            : extent.First == Position + 1 && extent.Last == page.ServerLsn && extent.Last - Position == extent.Changes;
        if (!whole)
        {
            return (StepResult.Fail("a page that skips or repeats"), false);
        }

        Position = page.ServerLsn;
        return (StepResult.Ok(extent.Changes, answer.Bytes), page.HasMore);
    }
}
