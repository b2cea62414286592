using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace HeliosSync.Host;

/// <summary>The secret that Development makes for itself: <c>DATA_DIR/jwt-secret</c>, readable by its owner alone.</summary>
internal static class SecretFile
{
    private const string Name = "jwt-secret";
    private const int RandomBytes = 48;
    private const int CharsMax = 1_024;

    /// <summary>The secret, where one was made in this folder.</summary>
    public static bool TryRead(string dataDir, [NotNullWhen(true)] out string? secret)
    {
        var path = Path.Combine(dataDir, Name);
        secret = null;
        if (!File.Exists(path))
        {
            return false;
        }

        using var reader = new StreamReader(path);
        var text = new char[CharsMax];
        secret = new string(text, 0, reader.ReadBlock(text)).Trim();
        return true;
    }

    /// <summary>
    /// The secret of this folder, made now where there is none. The file comes into being whole, by a move of a finished one. Two programs
    /// that make it in the same instant may still end with two secrets: the move looks before it leaps. Only one server may use a folder.
    /// </summary>
    public static string ReadOrMake(string dataDir, out bool made)
    {
        made = false;
        if (TryRead(dataDir, out var secret))
        {
            return secret;
        }

        secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes));
        var draft = Path.Combine(dataDir, $"{Name}.{Guid.NewGuid():N}");
        try
        {
            Write(draft, secret);
            File.Move(draft, Path.Combine(dataDir, Name), overwrite: false);
            made = true;
            return secret;
        }
        catch (IOException) when (TryRead(dataDir, out var others))
        {
            return others;
        }
        finally
        {
            File.Delete(draft);
        }
    }

    private static void Write(string path, string secret)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var file = new FileStream(path, options);
        using var writer = new StreamWriter(file);
        writer.WriteLine(secret);
        writer.Flush();
        file.Flush(flushToDisk: true);
    }
}
