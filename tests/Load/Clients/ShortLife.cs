using System.Globalization;
using System.Net.Sockets;
using System.Text;
using HeliosSync.Load.Engine;
using HeliosSync.Load.Server;

namespace HeliosSync.Load.Clients;

/// <summary>
/// A client that comes, works a little and is never seen again: it registers (one in three without a token first), pushes new rows, sends
/// one push twice, meets a conflict, pulls, beats, tries what is refused, and in the end breaks off in the midst of a request.
/// </summary>
internal sealed class ShortLife(HttpClient http, Uri server, ServerTokens tokens)
{
    private const int BatchChanges = 5;
    private readonly PushBody _bodies = new(new PushPlan(Tenant: "any", Clients: 1, BatchChanges, DataBytes: 100, Base64: true));

    /// <summary>Refusals that a good client meets and waits for.</summary>
    public Refusals Refusals { get; } = new();

    /// <summary>Lives once. Whatever is not as the protocol has it is an error.</summary>
    /// <param name="tenant">In that tenant.</param>
    /// <param name="number">Under that number, which nobody had before.</param>
    /// <param name="ct">Gives it up.</param>
    public async Task<StepResult> LiveAsync(string tenant, int number, CancellationToken ct)
    {
        var client = Rows.ClientOf(number);
        var own = new SyncClient(http, client, tokens.Mint(tenant, client));
        if (number % 3 == 0)
        {
            // Held; one in two is claimed by what follows, the others are left to expire.
            await new SyncClient(http, number % 2 == 0 ? client : $"{client}-held", null).RegisterAsync(ct);
        }

        if (!(await InsistAsync(() => own.RegisterAsync(ct), ct)).Ok)
        {
            return StepResult.Fail("register");
        }

        var ledger = new Ledger();
        for (var first = 1L; first <= 1 + BatchChanges; first += BatchChanges)
        {
            var batch = Write(number, first);
            var answer = await InsistAsync(() => own.PushAsync(batch, ct), ct);
            var repeat = await InsistAsync(() => own.PushAsync(batch, ct), ct);
            if (!answer.Ok || !repeat.Ok || !Note(ledger, number, answer, repeat))
            {
                return StepResult.Fail("push");
            }
        }

        if ((await ConflictAsync(own, number, ct) ?? await RefuseAsync(client, tenant, ct)) is { } wrong)
        {
            return StepResult.Fail(wrong);
        }

        if (!(await InsistAsync(() => own.HeartbeatAsync(0, ct), ct)).Ok || !await FindAsync(own, ledger, ct))
        {
            return StepResult.Fail("pull");
        }

        await BreakOffAsync(tenant, client, ct);
        return StepResult.Ok(ledger.Count, 0);
    }

    private Batch Write(int number, long firstLocalLsn)
    {
        lock (_bodies)
        {
            return _bodies.Write(number, firstLocalLsn);
        }
    }

    private static bool Note(Ledger ledger, int number, Answer answer, Answer repeat)
    {
        var (first, again) = (Ack.Read(answer.Body), Ack.Read(repeat.Body));
        for (var i = 0; i < first.Accepted.Count; i++)
        {
            ledger.Note(number, first.Accepted[i], first.Assigned[i]);
        }

        return first.Accepted.Count == BatchChanges && first.Assigned.SequenceEqual(again.Assigned) && ledger.Contradictions.Count == 0;
    }

    /// <summary>Every client of a tenant wants the same row: the first has it, the others get a report.</summary>
    private async Task<string?> ConflictAsync(SyncClient own, int number, CancellationToken ct)
    {
        var body = PushBody.SameRow(number, 1_000_000);
        var answer = await InsistAsync(() => own.PushAsync(body, ct), ct);
        return answer.Ok && Ack.Read(answer.Body) is var ack && ack.Conflicts + ack.Accepted.Count == 1 ? null : "conflict";
    }

    private async Task<string?> RefuseAsync(string client, string tenant, CancellationToken ct)
    {
        var stranger = new SyncClient(http, client, "no-token");
        var liar = new SyncClient(http, client, tokens.Mint(tenant, $"{client}-other"));
        return (await stranger.HeartbeatAsync(0, ct)).Status is 401 or 503 && (await liar.HeartbeatAsync(0, ct)).Status is 403 or 429 or 503
            ? null
            : "refusal";
    }

    /// <summary>Whether every change that was acknowledged stands where it was said to.</summary>
    private async Task<bool> FindAsync(SyncClient own, Ledger ledger, CancellationToken ct)
    {
        var found = 0L;
        string? token = null;
        do
        {
            var answer = await InsistAsync(() => own.PullAsync(new PullOf(0, 1_000, Base64: true, token), ct), ct);
            if (!answer.Ok)
            {
                return false;
            }

            var page = Page.Read(answer.Body);
            found += page.Changes.Count(change => ledger.TryFind(change.Lsn, out var author, out var local)
                && change.Author == Rows.ClientOf(author) && change.AuthorLsn == local);
            token = page.Token;
        }
        while (token is not null);
        return found == ledger.Count;
    }

    /// <summary>Half a push, and gone.</summary>
    private async Task BreakOffAsync(string tenant, string client, CancellationToken ct)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server.Host, server.Port, ct);
        var head = string.Create(
            CultureInfo.InvariantCulture,
            $"POST /api/v1/sync/push HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {tokens.Mint(tenant, client)}\r\n"
                + $"Content-Type: application/json\r\nContent-Length: 5000\r\n\r\n{{\"type\":\"push_changes\",");
        await socket.SendAsync(Encoding.ASCII.GetBytes(head), ct);
    }

    private Task<Answer> InsistAsync(Func<Task<Answer>> send, CancellationToken ct) => Refusals.InsistAsync(send, ct);
}
