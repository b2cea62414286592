namespace HeliosSync.Crash.Faults;

/// <summary>A mounted file system, as the kernel lists it.</summary>
/// <param name="Id">The mount's number.</param>
/// <param name="Type">As in <c>ext4</c>.</param>
/// <param name="Device">As in <c>/dev/loop0</c>.</param>
internal sealed record Mount(string Id, string Type, string Device);

/// <summary>What is mounted (<c>proc(5)</c>, mountinfo).</summary>
internal static class MountTable
{
    private const int IdField = 0;
    private const int PointField = 4;

    /// <summary>What is mounted at exactly this place; null where nothing is.</summary>
    public static Mount? Find(string place)
    {
        Mount? found = null;
        foreach (var line in File.ReadLines("/proc/self/mountinfo"))
        {
            // "… - type device options" follow the optional fields.
            var halves = line.Split(" - ", 2);
            var (fields, rest) = (halves[0].Split(' '), halves[1].Split(' '));
            if (fields[PointField] == place)
            {
                found = new Mount(fields[IdField], rest[0], rest[1]);
            }
        }

        return found;
    }
}
