using System.Collections.Concurrent;
using HeliosSync.Actors.Tokens;
using HeliosSync.Domain;
using Microsoft.Data.Sqlite;

namespace HeliosSync.Host;

/// <summary>
/// Knows which tokens are revoked, and tells those who hold one for long: streams and pulls that wait. Each second it looks for what
/// <c>heliossync revoke</c> wrote beside it.
/// </summary>
internal sealed class TokenKeeper(Settings settings, TimeProvider time, ILogger<TokenKeeper> logger) : IHostedLifecycleService, IDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private static readonly Refusal NoStorage = new(
        ErrorCode.StorageUnavailable, "The file of tokens cannot be written now: whether this was done is open. Send it again.");

    private readonly ConcurrentDictionary<Watching, byte> _watchings = new();
    private readonly CancellationTokenSource _ended = new();
    private Task _looking = Task.CompletedTask;
    private TokenStore? _store;
    private bool _disposed;

    /// <summary>Those who are told when their token is revoked.</summary>
    public int Watchings => _watchings.Count;

    private TokenStore Store => _store ?? throw new InvalidOperationException("The keeper of tokens has not been started.");

    /// <summary>
    /// Whether that token is revoked. As long as no revocation came since it was last asked of the same token, this is one comparison.
    /// </summary>
    public bool IsRevoked(Caller caller)
    {
        var (revoked, marks) = (Store.Revoked, caller.Marks);
        var generation = revoked.Generation;
        if (marks.ClearedAt == generation)
        {
            return false;
        }

        if (revoked.Covers(NameOf(caller)))
        {
            return true;
        }

        marks.ClearedAt = generation;
        return false;
    }

    /// <summary>Has something done, once, as soon as that token is revoked; at once where it is. Until what it gives is disposed.</summary>
    public Watching Watch(Caller caller, Action whenRevoked)
    {
        var watching = new Watching(this, caller, whenRevoked);
        _watchings.TryAdd(watching, 0);
        Tell(watching);
        return watching;
    }

    /// <summary>Revokes, durably and for all who hold such a token; the last second whose tokens are revoked.</summary>
    public async Task<(Refusal? Refusal, long UpTo)> RevokeAsync(Revocation what)
    {
        try
        {
            return await Store.RevokeAsync(what) is { } upTo
                ? (null, upTo)
                : (new Refusal(
                    ErrorCode.QuotaExceeded,
                    "The tenant has too many revocations in force: revoke a client's tokens, or all, in place of single ones.",
                    $"at most {settings.Tokens.TenantRevocationsMax}"), 0);
        }
        catch (SqliteException e)
        {
            TokenLog.NotWritten(logger, e.Message);
            return (NoStorage, 0);
        }
    }

    /// <summary>Uses a refresh token, durably.</summary>
    public async Task<(Refusal? Refusal, Rotation Rotation)> RotateAsync(GoodToken token, Guid? messageId)
    {
        var caller = token.Caller;
        var name = NameOf(caller);
        try
        {
            var until = new DateTimeOffset(token.Until, TimeSpan.Zero).ToUnixTimeSeconds();
            var rotation = await Store.RotateAsync(name with { Family = name.Family ?? name.Id }, until, messageId);
            if (rotation.Outcome == RotationOutcome.Replayed)
            {
                TokenLog.Replayed(logger, caller.Tenant.Value, caller.Client.Value);
            }

            return (null, rotation);
        }
        catch (SqliteException e)
        {
            TokenLog.NotWritten(logger, e.Message);
            return (NoStorage, default);
        }
    }

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        _store = TokenStore.Open(settings.DataDir, settings.Tokens.Store, time);
        _store.Added = TellAll;
        _looking = LookAsync(_store);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Behind the last request.</summary>
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        await _ended.CancelAsync();
        await _looking;
        Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _ended.Cancel();
            _store?.Dispose();
            _ended.Dispose();
        }
    }

    private static TokenName NameOf(Caller caller) =>
        new(caller.Tenant, caller.Client, caller.Marks.Id, caller.Marks.Family, caller.Marks.IssuedAt);

    private async Task LookAsync(TokenStore store)
    {
        using var timer = new PeriodicTimer(LookEvery, time);
        var ended = _ended.Token;
        var failed = false;
        try
        {
            while (await timer.WaitForNextTickAsync(ended))
            {
                try
                {
                    await store.LookAsync();
                    failed = false;
                }
                catch (SqliteException e)
                {
                    if (!failed)
                    {
                        TokenLog.NotRead(logger, e.Message);
                    }

                    failed = true;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The program ends.
        }
    }

    private void TellAll()
    {
        foreach (var (watching, _) in _watchings)
        {
            Tell(watching);
        }
    }

    private void Tell(Watching watching)
    {
        if (IsRevoked(watching.Caller) && _watchings.TryRemove(watching, out _))
        {
            // Not here: whoever is woken may go on with all sorts of things before it comes back.
            ThreadPool.UnsafeQueueUserWorkItem(static w => w.Tell(), watching, preferLocal: false);
        }
    }

    /// <summary>Somebody who holds a token for long.</summary>
    internal sealed class Watching(TokenKeeper keeper, Caller caller, Action whenRevoked) : IDisposable
    {
        private readonly Lock _gate = new();
        private bool _left;

        public Caller Caller => caller;

        /// <summary>Nothing is told any more once this has returned.</summary>
        public void Dispose()
        {
            keeper._watchings.TryRemove(this, out _);
            lock (_gate)
            {
                _left = true;
            }
        }

        internal void Tell()
        {
            lock (_gate)
            {
                if (!_left)
                {
                    whenRevoked();
                }
            }
        }
    }
}
