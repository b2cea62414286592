using System.IO.Hashing;
using HeliosSync.Load.Engine;

namespace HeliosSync.Load.Clients;

/// <summary>
/// Pulls a tenant from the beginning and compares every change with what the clients believe: nothing acknowledged is missing or
/// altered, nothing stands twice, and nothing is there that nobody was told of.
/// </summary>
internal sealed class Audit(SyncClient client, Ledger ledger, PushPlan plan, Given? given = null)
{
    private const int DifferencesShown = 10;
    private readonly List<string> _differences = [.. ledger.Contradictions];
    private readonly byte[] _content = new byte[Rows.KeyBytes + plan.DataBytes];
    private long _lsn;

    /// <summary>The comparison's outcome. Every push must have been answered before.</summary>
    public async Task<Check> RunAsync(CancellationToken ct)
    {
        string? token = null;
        Page page;
        do
        {
            page = Page.Read((await client.PullAsync(new PullOf(0, 1_000, plan.Base64, token), ct)).OrThrow().Body);
            foreach (var change in page.Changes)
            {
                Compare(change);
            }

            token = page.Token;
            Expect(page.ServerLsn == _lsn, $"a page ends at {page.ServerLsn} and its last change is {_lsn}");
            Expect(page.HasMore == token is not null, "has_more and the continuation token disagree");
        }
        while (page.HasMore && token is not null && _differences.Count < DifferencesShown);

        Expect(_lsn == page.HeadLsn, $"the head is {page.HeadLsn} and the last change is {_lsn}");
        Expect(_lsn == ledger.Count, $"{ledger.Count} changes were acknowledged and {_lsn} are there");
        Expect(given is null or { Changes: > 0 }, "nobody was given anything");
        Expect(given is null || given.Highest <= _lsn, $"LSN {given?.Highest} was given to a client and is not there");
        _differences.AddRange(given?.Contradictions.Take(DifferencesShown) ?? []);
        var before = given is null ? "" : $", {given.Changes} given before";
        return new Check(
            "what the clients believe is what the server holds",
            _differences.Count == 0 && _lsn > 0,
            _differences.Count == 0 ? $"{_lsn} changes compared{before}" : string.Join("; ", _differences.Take(DifferencesShown)));
    }

    private void Compare(PulledChange change)
    {
        // Without a filter LSNs are dense (protocol 1), so each stands exactly once.
        Expect(change.Lsn == _lsn + 1, $"LSN {change.Lsn} follows {_lsn}");
        _lsn = change.Lsn;
        given?.Note(change);
        if (!ledger.TryFind(change.Lsn, out var author, out var localLsn))
        {
            Expect(false, $"nobody was told of LSN {change.Lsn}, {change.Author}'s change {change.AuthorLsn}");
            return;
        }

        var key = _content.AsSpan(0, Rows.KeyBytes);
        var data = _content.AsSpan(Rows.KeyBytes);
        Rows.Fill(plan, author, localLsn, key, data);
        Expect(
            change.Author == Rows.ClientOf(author) && change.AuthorLsn == localLsn,
            $"LSN {change.Lsn} is {change.Author}'s change {change.AuthorLsn} and not {Rows.ClientOf(author)}'s change {localLsn}");
        Expect(
            change.Table == Rows.Table && change.Operation == Rows.OperationOf(plan, localLsn)
                && key.SequenceEqual(change.Key) && data.SequenceEqual(change.Data) && change.Checksum == Crc32.HashToUInt32(_content),
            $"LSN {change.Lsn} is not what {Rows.ClientOf(author)} wrote");
    }

    private void Expect(bool holds, string difference)
    {
        if (!holds && _differences.Count < DifferencesShown)
        {
            _differences.Add(difference);
        }
    }
}
