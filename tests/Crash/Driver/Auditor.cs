using HeliosSync.Crash.Clients;
using HeliosSync.Crash.History;
using HeliosSync.Load.Clients;

namespace HeliosSync.Crash.Driver;

/// <summary>Pulls all of a tenant's journal while nobody pushes, and puts it into the history.</summary>
internal sealed class Auditor(string tenant, string token, HistoryFile history)
{
    private const string Name = "auditor";
    private const int Entries = 1_000;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public async Task AuditAsync(HttpClient http, CancellationToken ct)
    {
        var wire = new SyncClient(http, Name, token);
        string? node = null, next = null;
        await InsistAsync(call => history.Add(new RegisterSent(call, tenant, Name)), async call =>
            Answers.OfRegister(call, await wire.PostAsync("register", Bodies.Register(Name, 0), ct), ref node), ct);
        var journal = new List<StoredChange>();
        PullAnswered page;
        do
        {
            var body = Bodies.Pull(Name, 0, Entries, next, null, excludeOwn: false);
            page = (PullAnswered)await InsistAsync(static _ => { }, async call =>
                Answers.OfPull(call, await wire.PostAsync("pull", body, ct), out next), ct);
            journal.AddRange(page.Changes);
        }
        while (next is not null);
        history.Add(new Audited(tenant, journal, page.HeadLsn));
        history.Add(new ConflictsAudited(tenant, await ReadConflictsAsync(wire, ct)));
    }

    private async Task<IReadOnlyList<LoggedConflict>> ReadConflictsAsync(SyncClient wire, CancellationToken ct)
    {
        var log = new List<LoggedConflict>();
        for (long? since = 0; since is { } after;)
        {
            var answer = await wire.GetAsync(ConflictPage.After(after), ct);
            if (answer.Status == 503)
            {
                await Task.Delay(Pause, ct);
                continue;
            }

            (var page, since) = ConflictPage.Read(answer.OrThrow());
            log.AddRange(page);
        }

        return log;
    }

    private async Task<Entry> InsistAsync(Action<long> ask, Func<long, Task<Entry>> send, CancellationToken ct)
    {
        while (true)
        {
            var call = history.NewCall();
            ask(call);
            var entry = await send(call);
            if (entry is not PullAnswered)
            {
                history.Add(entry);
            }

            switch (entry)
            {
                case Refused { Status: 503 }:
                    await Task.Delay(Pause, ct);
                    break;
                case Refused or Unanswered:
                    throw new InvalidDataException($"Tenant {tenant} cannot be audited: {entry}");
                default:
                    return entry;
            }
        }
    }
}
