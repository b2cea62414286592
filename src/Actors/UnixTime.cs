namespace HeliosSync.Actors;

/// <summary>Times as the journal keeps them.</summary>
internal static class UnixTime
{
    /// <summary>Whole microseconds since the Unix epoch, beside <see cref="DateTimeOffset.ToUnixTimeMilliseconds"/>.</summary>
    public static long ToUnixTimeMicroseconds(this DateTimeOffset time) =>
        (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
