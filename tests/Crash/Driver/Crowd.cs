using HeliosSync.Crash.History;
using HeliosSync.Load.Clients;
using HeliosSync.Load.Server;

namespace HeliosSync.Crash.Driver;

/// <summary>All clients at work on one server, until it is gone or they are told to stop.</summary>
internal sealed class Crowd : IDisposable
{
    /// <summary>Only so that a run that is stuck ends.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private readonly HttpClient _http;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly List<(Func<Entry, bool> Counts, int Left, TaskCompletionSource Enough)> _waiting = [];
    private readonly Task _working;
    private readonly Task _administering;

    public Crowd(World world, ServerProcess server)
    {
        _http = SyncClient.Connect(server.Address);
        _working = Task.WhenAll(world.Clients.Select(c => Task.Run(() => c.RunAsync(_http, Note, _stop.Token))));
        _administering = world.Administrator is { } admin ? Task.Run(() => admin.RunAsync(_http, Note, _stop.Token)) : Task.CompletedTask;
    }

    /// <summary>For other questions to the same server.</summary>
    public HttpClient Http => _http;

    /// <summary>Waits for so many answers of a kind; false where all clients gave up before.</summary>
    public async Task<bool> SeeAsync(int answers, Func<Entry, bool> counts, CancellationToken ct)
    {
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _waiting.Add((counts, answers, enough));
        }

        await Task.WhenAny(enough.Task, _working).WaitAsync(Patience, ct);
        return enough.Task.IsCompleted;
    }

    /// <summary>Waits until the last client has noticed that the server is gone.</summary>
    public Task EndAsync() => Task.WhenAll(_working, _administering).WaitAsync(Patience);

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
        _http.Dispose();
    }

    private void Note(Entry entry)
    {
        lock (_lock)
        {
            for (var i = _waiting.Count - 1; i >= 0; i--)
            {
                var (counts, left, enough) = _waiting[i];
                if (counts(entry))
                {
                    _waiting[i] = (counts, --left, enough);
                }

                if (left == 0)
                {
                    enough.SetResult();
                    _waiting.RemoveAt(i);
                }
            }
        }
    }
}
