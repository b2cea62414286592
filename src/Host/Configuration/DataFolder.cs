namespace HeliosSync.Host;

/// <summary>The folder that everything is kept in.</summary>
internal static class DataFolder
{
    /// <summary>Makes the folder where it is missing and tries to write to it. Why that failed, in one sentence; else null.</summary>
    public static string? Prepare(string path)
    {
        try
        {
            // What a database holds is nobody's business but the server's; an existing folder keeps the mode that it was given.
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(path);
            }
            else
            {
                Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            var probe = Path.Combine(path, $".probe-{Guid.NewGuid():N}");
            File.WriteAllBytes(probe, [1]);
            File.Delete(probe);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            return $"DATA_DIR {path} cannot be written ({e.Message.TrimEnd('.')}); give the server a folder that it may write to.";
        }
    }
}
