using HeliosSync.Actors.Journal;
using Microsoft.Data.Sqlite;

namespace HeliosSync.Actors.Tokens;

/// <summary>The bounds of a <see cref="TokenStore"/>.</summary>
/// <param name="RefreshLifetime">How long a refresh token holds.</param>
/// <param name="Grace">For how long a refresh token that was used is answered as before.</param>
/// <param name="TenantRevocationsMax">Revocations of tokens and clients that one tenant may have in force.</param>
public sealed record TokenStoreOptions(TimeSpan RefreshLifetime, TimeSpan Grace, int TenantRevocationsMax);

/// <summary>
/// What became of tokens: which are revoked, and which refresh token of each family is the latest. A SQLite file of its own in the data
/// folder; what is answered is flushed. It may be open twice, by the server and by <c>heliossync revoke</c>: <see cref="LookAsync"/> finds
/// what the other wrote. All work is done in order on a thread of its own.
/// </summary>
public sealed class TokenStore : IDisposable
{
    /// <summary>The file's name.</summary>
    public const string Name = "tokens.db";

    /// <summary>How long a revocation is kept: no token that is older is taken, so none comes back.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(366);

    private static readonly TimeSpan DropEvery = TimeSpan.FromHours(1);

    private readonly BlockingThreads _thread = new("heliossync-tokens", 1);
    private readonly TokenFile _file;
    private readonly TokenStoreOptions _options;
    private readonly TimeProvider _time;
    private long _seen;
    private long _version;
    private long _droppedAt;

    private TokenStore(TokenFile file, TokenStoreOptions options, TimeProvider time)
    {
        (_file, _options, _time) = (file, options, time);
        _version = file.Version();
        Load();
        Drop();
    }

    /// <summary>What is revoked.</summary>
    public RevocationTable Revoked { get; } = new();

    /// <summary>Is called on the store's thread whenever more is revoked than before, once <see cref="Revoked"/> has it.</summary>
    public Action? Added { get; set; }

    /// <summary>Opens the file, or makes it; <see cref="StartupException"/> says in one sentence why it cannot.</summary>
    public static TokenStore Open(string dataDir, TokenStoreOptions options, TimeProvider time)
    {
        TokenFile? file = null;
        try
        {
#pragma warning disable CA2000 // The store disposes the file.
            file = TokenFile.Open(Path.Combine(dataDir, Name));
            var store = new TokenStore(file, options, time);
#pragma warning restore CA2000
            file = null;
            return store;
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"The file of revoked tokens '{Path.Combine(dataDir, Name)}' cannot be used: {e.Message}", e);
        }
        finally
        {
            file?.Dispose();
        }
    }

    /// <summary>
    /// Revokes, durably; in force when this completes. The last second whose tokens are revoked, or null where the tenant has too many
    /// revocations. <c>iat</c> has whole seconds: a token issued later in that second is revoked too.
    /// </summary>
    public Task<long?> RevokeAsync(Revocation what) => RunAsync(() => Revoke(what));

    /// <summary>Uses a refresh token, durably.</summary>
    /// <param name="token">The refresh token, which holds; its id and family are there.</param>
    /// <param name="until">Until when it holds, seconds since the Unix epoch.</param>
    /// <param name="messageId">What the client calls this attempt; null where it does not.</param>
    public Task<Rotation> RotateAsync(TokenName token, long until, Guid? messageId) => RunAsync(() => Rotate(token, until, messageId));

    /// <summary>Looks for what another process revoked, and now and then drops what is over.</summary>
    public Task LookAsync() => RunAsync(() =>
    {
        if (_file.Version() is var version && version != _version)
        {
            Load();
            _version = version;
        }

        if (_time.GetElapsedTime(_droppedAt) >= DropEvery)
        {
            Drop();
        }

        return true;
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        _thread.Dispose();
        _file.Dispose();
    }

    private async Task<T> RunAsync<T>(Func<T> work)
    {
        T? result = default;
        await _thread.RunAsync(() => result = work()).ConfigureAwait(false);
        return result!;
    }

    private long? Revoke(Revocation what)
    {
        using var transaction = _file.Begin();
        var now = Now();
        if (what.Kind != RevokedKind.Tenant && !_file.Has(what) && _file.CountOf(what.Tenant) >= _options.TenantRevocationsMax)
        {
            return null;
        }

        var upTo = what.Kind is RevokedKind.Client or RevokedKind.Tenant ? now : long.MaxValue;
        Put(transaction, new Revoked(what, upTo, now + (long)Kept.TotalSeconds));
        return upTo;
    }

    /// <summary>
    /// In one transaction with the look at what is revoked: a revocation is either seen here, or dated behind the tokens that come of this.
    /// </summary>
    private Rotation Rotate(in TokenName token, long until, Guid? messageId)
    {
        using var transaction = _file.Begin();
        var now = Now();
        if (_file.Covers(token))
        {
            return new Rotation(RotationOutcome.Revoked, "", 0);
        }

        var family = _file.Find(token.Tenant, token.Family!);
        if (family is null && token.Id != token.Family)
        {
            // It was rotated before, and that is not remembered: whether it is the latest nobody knows.
            return new Rotation(RotationOutcome.Unknown, "", 0);
        }

        if (family is { } known && known.Current != token.Id)
        {
            var isInTime = _options.Grace > TimeSpan.Zero && now - known.RotatedAt <= (long)_options.Grace.TotalSeconds;
            var isItsAttempt = messageId is not null && known.MessageId == messageId;
            if (known.Previous == token.Id && (isInTime || isItsAttempt))
            {
                return new Rotation(RotationOutcome.Again, known.Current, known.RotatedAt);
            }

            Put(transaction, new Revoked(
                new Revocation(token.Tenant, RevokedKind.Family, token.Family!), long.MaxValue, now + (long)Kept.TotalSeconds));
            return new Rotation(RotationOutcome.Replayed, "", 0);
        }

        var next = Guid.NewGuid().ToString("D");
        var last = Math.Max(Math.Max(until, family?.Until ?? 0), now + (long)_options.RefreshLifetime.TotalSeconds);
        _file.Put(token.Tenant, token.Family!, new TokenFamily(next, token.Id!, messageId, now, last));
        transaction.Commit();
        return new Rotation(RotationOutcome.New, next, now);
    }

    private void Put(SqliteTransaction transaction, Revoked revoked)
    {
        _file.Put(revoked);
        transaction.Commit();
        Revoked.Add([revoked]);
        Added?.Invoke();
    }

    /// <summary>Takes over what the file has and was not seen.</summary>
    private void Load()
    {
        var found = new List<Revoked>();
        _seen = _file.ReadAbove(_seen, found);
        Revoked.Add(found);
        if (found.Count > 0)
        {
            Added?.Invoke();
        }
    }

    private void Drop()
    {
        _droppedAt = _time.GetTimestamp();
        _file.Drop(Now());
        Revoked.Drop(Now());
    }

    private long Now() => _time.GetUtcNow().ToUnixTimeSeconds();
}
