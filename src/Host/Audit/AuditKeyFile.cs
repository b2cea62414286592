using System.Security.Cryptography;
using System.Text;
using HeliosSync.Actors;

namespace HeliosSync.Host;

/// <summary>The key that seals the audit log: a file that its owner alone can read.</summary>
internal static class AuditKeyFile
{
    private const int KeyBytes = 32;
    private const int BytesMax = 4_096;

    /// <summary>The key; null where there is no file.</summary>
    public static byte[]? Read(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        var key = Encoding.ASCII.GetBytes(Encoding.ASCII.GetString(AuditFolder.Read(path)).Trim());
        return key.Length is >= KeyBytes and <= BytesMax
            ? key
            : throw new StartupException(
                $"The audit log's key in '{path}' has {key.Length} characters and needs {KeyBytes} to {BytesMax}.");
    }

    /// <summary>The key, made now where there is none. Whoever calls holds the audit log's lock.</summary>
    public static byte[] ReadOrMake(string path)
    {
        if (Read(path) is { } key)
        {
            return key;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var draft = $"{path}.{Guid.NewGuid():N}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var file = new FileStream(draft, options))
        {
            file.Write(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(KeyBytes))));
            file.Flush(flushToDisk: true);
        }

        File.Move(draft, path, overwrite: false);
        return Read(path)!;
    }
}
