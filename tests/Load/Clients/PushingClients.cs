using HeliosSync.Load.Engine;
using HeliosSync.Load.Server;

namespace HeliosSync.Load.Clients;

/// <summary>
/// Clients of one tenant that push rows of their own, batch after batch. Each repeats a batch, unchanged, until it is answered, as
/// protocol 4.3 asks of them; and all note what they were told in one ledger.
/// </summary>
internal sealed class PushingClients : IDisposable
{
    private const int SettleTries = 20;
    private static readonly TimeSpan BeforeRepeat = TimeSpan.FromMilliseconds(200);

    private readonly PushPlan _plan;
    private readonly PushBody _bodies;
    private readonly string[] _tokens;
    private readonly long[] _next;
    private readonly Batch?[] _pending;
    private readonly SyncClient[] _clients;
    private HttpClient? _http;

    public PushingClients(PushPlan plan, ServerTokens tokens)
    {
        _plan = plan;
        BatchChanges = plan.BatchChanges;
        _bodies = new PushBody(plan);
        _tokens = [.. Enumerable.Range(0, plan.Clients).Select(i => tokens.Mint(plan.Tenant, Rows.ClientOf(i)))];
        _next = [.. Enumerable.Repeat(1L, plan.Clients)];
        _pending = new Batch?[plan.Clients];
        _clients = new SyncClient[plan.Clients];
    }

    public Ledger Ledger { get; } = new();

    /// <summary>Changes of each push from now on.</summary>
    public int BatchChanges { get; set; }

    /// <summary>Whether who is refused waits as long as it was told.</summary>
    public bool IsPatient { get; set; } = true;

    /// <summary>What they were refused, and how.</summary>
    public Refusals Refusals { get; } = new();

    /// <summary>The first of them, for pulls.</summary>
    public SyncClient First => _clients[0];

    /// <summary>One of them.</summary>
    public SyncClient Of(int client) => _clients[client];

    /// <summary>Points all of them to a server, without a word to it.</summary>
    public void Connect(Uri address)
    {
        _http?.Dispose();
        _http = SyncClient.Connect(address);
        for (var i = 0; i < _clients.Length; i++)
        {
            _clients[i] = new SyncClient(_http, Rows.ClientOf(i), _tokens[i]);
        }
    }

    public async Task RegisterAsync(CancellationToken ct)
    {
        foreach (var client in _clients)
        {
            (await client.RegisterAsync(ct)).OrThrow();
        }
    }

    /// <summary>Makes a client's next batch, where none waits for an answer.</summary>
    public void Prepare(int client)
    {
        if (_pending[client] is null)
        {
            _pending[client] = _bodies.Write(client, _next[client], BatchChanges);
            _next[client] += BatchChanges;
        }
    }

    /// <summary>Sends a client's batch; where it is refused, comes back when the server said.</summary>
    public async Task<StepResult> PushAsync(int client, CancellationToken ct)
    {
        var batch = _pending[client]!;
        var answer = await _clients[client].PushAsync(batch, ct);
        if (!answer.Ok)
        {
            Refusals.Note(answer);
            await Task.Delay(IsPatient ? answer.RetryAfter ?? BeforeRepeat : TimeSpan.Zero, ct);
            return StepResult.Fail(answer.ErrorCode());
        }

        var ack = Ack.Read(answer.Body);
        var whole = ack.Conflicts == 0 && ack.Accepted.Count == batch.Changes;
        for (var i = 0; i < ack.Accepted.Count; i++)
        {
            whole &= ack.Accepted[i] == batch.FirstLocalLsn + i;
            Ledger.Note(client, ack.Accepted[i], ack.Assigned[i]);
        }

        _pending[client] = null;
        // Rows of its own meet nobody's: whatever is not accepted, whole and in order, is wrong.
        return whole ? StepResult.Ok(batch.Changes, answer.Bytes) : StepResult.Fail("not accepted whole");
    }

    /// <summary>Repeats whatever has no answer yet, and says whether all have one.</summary>
    public async Task<Check> SettleAsync(CancellationToken ct)
    {
        for (var i = 0; i < _clients.Length; i++)
        {
            for (var tries = 0; _pending[i] is not null && tries < SettleTries; tries++)
            {
                await PushAsync(i, ct);
            }
        }

        var open = _pending.Count(static b => b is not null);
        return new Check("every push was answered in the end", open == 0, $"{open} open");
    }

    /// <summary>Compares what they believe with what the server holds.</summary>
    /// <param name="ct">Gives it up.</param>
    /// <param name="given">What others were given of the same tenant, where that is to agree too.</param>
    public Task<Check> AuditAsync(CancellationToken ct, Given? given = null) => new Audit(First, Ledger, _plan, given).RunAsync(ct);

    public void Dispose() => _http?.Dispose();
}

/// <summary>What is pushed.</summary>
/// <param name="Tenant">Into which tenant.</param>
/// <param name="Clients">By how many clients at once.</param>
/// <param name="BatchChanges">Changes of each push, 1 to 1,000.</param>
/// <param name="DataBytes">Bytes of data of each change.</param>
/// <param name="Base64">Keys and data as base64 strings instead of arrays of integers.</param>
/// <param name="RowsEach">
/// Rows that each client writes in turn, at least as many as a batch has changes; null: each change is of a new one.
/// </param>
/// <param name="Scattered">Whether it writes them in the order of chance, and so some more often than others.</param>
internal sealed record PushPlan(
    string Tenant, int Clients, int BatchChanges, int DataBytes, bool Base64, int? RowsEach = null, bool Scattered = false);
