using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary>
/// What is logged of requests that were turned away for want of room: one line a second at most, with their number. A line for each would
/// cost more than the refusal, just when there is least to spare. Thread-safe.
/// </summary>
internal sealed class ShedLog(TimeProvider time, ILogger<RequestFrame> logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private long? _saidAt;
    private long _tenant;
    private long _server;

    /// <summary>Whether such a refusal is one of these.</summary>
    public static bool Is(ErrorCode? code) => code is ErrorCode.Overloaded or ErrorCode.RateLimited;

    /// <summary>Counts a refusal. The first is said at once, those that follow are summed up.</summary>
    public void Count(ErrorCode code)
    {
        long tenant, server;
        lock (_gate)
        {
            _tenant += code == ErrorCode.RateLimited ? 1 : 0;
            _server += code == ErrorCode.Overloaded ? 1 : 0;
            if (_saidAt is { } at && time.GetElapsedTime(at) < Interval)
            {
                return;
            }

            (tenant, server, _tenant, _server, _saidAt) = (_tenant, _server, 0, 0, time.GetTimestamp());
        }

        RequestLog.Shed(logger, server, tenant);
    }
}
