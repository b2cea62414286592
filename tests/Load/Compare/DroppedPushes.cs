using HeliosSync.Load.Clients;
using HeliosSync.Load.Engine;

namespace HeliosSync.Load.Compare;

/// <summary>Clients of baseline (a): they send what clients of ours send, and nobody reads it.</summary>
internal sealed class DroppedPushes(PushPlan plan, HttpClient http)
{
    private readonly PushBody _bodies = new(plan);
    private readonly long[] _next = [.. Enumerable.Repeat(1L, plan.Clients)];
    private readonly Batch[] _pending = new Batch[plan.Clients];
    private readonly SyncClient[] _clients =
        [.. Enumerable.Range(0, plan.Clients).Select(i => new SyncClient(http, Rows.ClientOf(i), null))];

    public void Prepare(int client)
    {
        _pending[client] = _bodies.Write(client, _next[client]);
        _next[client] += plan.BatchChanges;
    }

    public async Task<StepResult> PushAsync(int client, CancellationToken ct)
    {
        var answer = await _clients[client].PushAsync(_pending[client], ct);
        return answer.Ok ? StepResult.Ok(plan.BatchChanges, answer.Bytes) : StepResult.Fail(answer.ErrorCode());
    }
}
