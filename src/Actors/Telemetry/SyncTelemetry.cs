using System.Diagnostics;

namespace HeliosSync.Actors.Telemetry;

/// <summary>
/// What listeners know the server by: an embedding program adds this name to its own metrics and traces. Metrics belong to one server, by
/// the meter that it was given; spans go to whoever in the process listens. Neither ever names a tenant, a client or a row.
/// </summary>
public static class SyncTelemetry
{
    /// <summary>The name of the meter and of the source of spans.</summary>
    public const string Name = "HeliosSync";

    /// <summary>Where spans come from. While nobody listens, a look at <see cref="ActivitySource.HasListeners"/> is all.</summary>
    public static ActivitySource Source { get; } = new(Name);

    /// <summary>The span that is under way here; null where nobody listens.</summary>
    public static Activity? Current => Source.HasListeners() ? Activity.Current : null;

    /// <summary>A span below the one that is under way here; null where there is none to be below.</summary>
    public static Activity? Begin(string name) => Current is null ? null : Source.StartActivity(name);

    /// <summary>A span below one of another thread; null where that was not made.</summary>
    internal static Activity? Begin(string name, Activity? below) =>
        below is null ? null : Source.StartActivity(name, ActivityKind.Internal, below.Context);
}
