using System.Reflection;

namespace HeliosSync.Host;

/// <summary>The version of this program.</summary>
internal static class ProgramVersion
{
    /// <summary>As <c>--version</c> prints it.</summary>
    public static string Text { get; } =
        typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";
}
