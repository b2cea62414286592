namespace HeliosSync.Property;

/// <summary>The repository that the running tests were built in.</summary>
/// <remarks>Found by walking up to the solution: the compiler's own paths are rewritten in deterministic builds.</remarks>
public static class Repository
{
    /// <summary>Its root folder.</summary>
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "HeliosSync.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"HeliosSync.sln is in no folder above {AppContext.BaseDirectory}");
    }
}
