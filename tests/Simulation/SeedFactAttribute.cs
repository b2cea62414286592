namespace HeliosSync.Simulation;

/// <summary>A test of the seed that an environment variable names; skipped where it names none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SeedFactAttribute : FactAttribute
{
    public const string Variable = "HELIOSSYNC_SIMULATION_SEED";

    public SeedFactAttribute()
    {
        if (Seed is null)
        {
            Skip = $"{Variable} names no seed.";
        }
    }

    public static ulong? Seed =>
        ulong.TryParse(Environment.GetEnvironmentVariable(Variable), System.Globalization.CultureInfo.InvariantCulture, out var seed)
            ? seed
            : null;
}
