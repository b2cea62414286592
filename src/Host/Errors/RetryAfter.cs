namespace HeliosSync.Host;

/// <summary>Says when to come back, spread so that those who were refused together do not return together.</summary>
/// <param name="random">The source of the spread.</param>
internal sealed class RetryAfter(Random random)
{
    private const int SecondsMin = 1;
    private const int SecondsMax = 5;

    /// <summary>Seconds to wait, from 1 to 5.</summary>
    public int NextSeconds()
    {
        lock (random)
        {
#pragma warning disable CA5394 // No secret: it only spreads returning clients over a few seconds.
            return random.Next(SecondsMin, SecondsMax + 1);
#pragma warning restore CA5394
        }
    }
}
