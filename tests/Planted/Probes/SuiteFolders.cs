using HeliosSync.Property;

namespace HeliosSync.Planted;

/// <summary>Where the suites were built, beside this one.</summary>
internal static class SuiteFolders
{
    private static readonly DirectoryInfo Own = new(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));

    /// <summary>Debug or Release, as this suite was built.</summary>
    public static string Configuration => Own.Parent!.Name;

    /// <summary>The framework's short name, a folder of the output.</summary>
    public static string Framework => Own.Name;

    /// <summary>The output folder of a project of <c>tests</c>.</summary>
    public static string OutputOf(string project) =>
        Path.Combine(Repository.Root, "tests", project, "bin", Configuration, Framework);
}
