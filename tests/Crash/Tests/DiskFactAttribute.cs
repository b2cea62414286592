using HeliosSync.Crash.Faults;

namespace HeliosSync.Crash.Tests;

/// <summary>A test that mounts a disk of its own: skipped, with the reason, where the machine cannot.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class DiskFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> WhyNot = new(static () => Task.Run(LoopDisk.WhyNotAsync).GetAwaiter().GetResult());

    public DiskFactAttribute() => Skip = WhyNot.Value!;
}
