namespace HeliosSync.Integration.Shipping;

/// <summary>A test that needs <c>systemd-analyze</c>: skipped, with the reason, where the machine has none. CI installs it.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SystemdFactAttribute : FactAttribute
{
    public const string Program = "/usr/bin/systemd-analyze";

    public SystemdFactAttribute() => Skip = File.Exists(Program) ? null! : $"There is no {Program} here: install the package systemd.";
}
