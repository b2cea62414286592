using System.Threading.RateLimiting;

namespace HeliosSync.Host;

/// <summary>One limit: a bucket of tokens for each key. Buckets that have been full for a while are forgotten. Thread-safe.</summary>
internal sealed class RateLimit<TKey> : IDisposable
    where TKey : notnull
{
    private readonly PartitionedRateLimiter<TKey> _buckets;
    private readonly int _size;
    private readonly double _perSecond;

    /// <param name="name">How answers call it.</param>
    /// <param name="perPeriod">Tokens that a bucket gains in a period.</param>
    /// <param name="period">The period.</param>
    /// <param name="size">Tokens that it holds; more than that cannot be asked for at once.</param>
    public RateLimit(string name, int perPeriod, TimeSpan period, int size)
    {
        (Name, _size, _perSecond) = (name, size, perPeriod / period.TotalSeconds);
        var options = new TokenBucketRateLimiterOptions
        {
            TokenLimit = size,
            TokensPerPeriod = perPeriod,
            ReplenishmentPeriod = period,
            QueueLimit = 0,
        };
        Func<TKey, TokenBucketRateLimiterOptions> same = _ => options;
        _buckets = PartitionedRateLimiter.Create<TKey, TKey>(key => RateLimitPartition.GetTokenBucketLimiter(key, same));
    }

    /// <summary>How answers call it.</summary>
    public string Name { get; }

    /// <summary>The policy as the header <c>RateLimit-Policy</c> says it: so many (<c>q</c>) in so many seconds (<c>w</c>).</summary>
    public string Policy => $"\"{Name}\";q={_size};w={(long)Math.Ceiling(_size / _perSecond)}";

    /// <summary>Takes so many tokens; or says how long it takes until they are there, and takes none.</summary>
    public bool TryTake(TKey key, int tokens, out TimeSpan wait)
    {
        using var lease = _buckets.AttemptAcquire(key, Math.Min(tokens, _size));
        wait = TimeSpan.Zero;
        return lease.IsAcquired || !(lease.TryGetMetadata(MetadataName.RetryAfter, out wait) || true);
    }

    /// <summary>Whether a token is there. (To ask for none would be granted for a part of one too.)</summary>
    public bool Has(TKey key) => _buckets.GetStatistics(key) is not { CurrentAvailablePermits: < 1 };

    /// <summary>What is left, as the header <c>RateLimit</c> says it: tokens (<c>r</c>), and when it is full again (<c>t</c>).</summary>
    public string Left(TKey key)
    {
        var left = _buckets.GetStatistics(key)?.CurrentAvailablePermits ?? _size;
        return $"\"{Name}\";r={left};t={(long)Math.Ceiling((_size - left) / _perSecond)}";
    }

    /// <inheritdoc/>
    public void Dispose() => _buckets.Dispose();
}
