using System.Diagnostics.Metrics;
using HeliosSync.Actors.Telemetry;

namespace HeliosSync.Host;

/// <summary>This server's meter: one of that name in each program's services, so that servers in one process are told apart.</summary>
/// <param name="meters">Where it comes from, and who ends it.</param>
internal sealed class ServerMeter(IMeterFactory meters)
{
    public Meter Meter { get; } = meters.Create(SyncTelemetry.Name);
}
