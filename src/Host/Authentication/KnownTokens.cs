using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;

namespace HeliosSync.Host;

/// <summary>
/// Tokens that held, by the header that they came in, so that each is judged once and not at every request. Of what was judged the time
/// changes, which is looked at every time, and what is revoked: <see cref="TokenKeeper"/> is asked every time. Thread-safe.
/// </summary>
internal sealed class KnownTokens(TimeProvider time) : IDisposable
{
    /// <summary>Characters of all that is kept: some 50,000 ordinary tokens. Those beyond are judged every time.</summary>
    public const long CharsMax = 16L * 1_024 * 1_024;

    private static readonly TimeSpan KeptMax = TimeSpan.FromHours(1);

    private readonly MemoryCache _cache = new(Options.Create(new MemoryCacheOptions { SizeLimit = CharsMax }));

    /// <summary>The token in that header; null where that is to be found out.</summary>
    public GoodToken? Find(string header)
    {
        var now = time.GetUtcNow().UtcDateTime;
        return _cache.TryGetValue(header, out GoodToken? good)
            && !BearerSetup.IsEarly(good!.From, now)
            && !BearerSetup.HasExpired(good.Until, now)
                ? good
                : null;
    }

    /// <summary>Keeps a token.</summary>
    public void Add(string header, GoodToken good)
    {
        var left = good.Until - time.GetUtcNow().UtcDateTime;
        if (left <= TimeSpan.Zero)
        {
            return;
        }

        using var entry = _cache.CreateEntry(header);
        entry.Size = header.Length;
        entry.AbsoluteExpirationRelativeToNow = left < KeptMax ? left : KeptMax;
        entry.Value = good;
    }

    /// <inheritdoc/>
    public void Dispose() => _cache.Dispose();
}
