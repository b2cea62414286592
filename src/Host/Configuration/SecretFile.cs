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
    private static readonly TimeSpan TurnTimeout = TimeSpan.FromSeconds(10);

    /// <summary>A new secret.</summary>
    public static string Make() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes));

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
    /// The secret of this folder, made now where there is none. The file comes into being whole, by a move of a finished one. Whoever
    /// comes while another makes it waits for that one, so nothing rests on how a file system moves files.
    /// </summary>
    public static string ReadOrMake(string dataDir, out bool made)
    {
        made = false;
        if (TryRead(dataDir, out var secret))
        {
            return secret;
        }

        using var turn = TakeTurn(dataDir);
        if (TryRead(dataDir, out secret))
        {
            return secret;
        }

        secret = Make();
        var draft = Path.Combine(dataDir, $"{Name}.{Guid.NewGuid():N}");
        try
        {
            Write(draft, secret);
            File.Move(draft, Path.Combine(dataDir, Name), overwrite: false);
            made = true;
            return secret;
        }
        finally
        {
            File.Delete(draft);
        }
    }

    /// <summary>
    /// The right to make the secret, for as long as it is held. Its file goes when it is given back: who held that one too long still
    /// finds the secret made.
    /// </summary>
    private static FileStream TakeTurn(string dataDir)
    {
        var path = Path.Combine(dataDir, $"{Name}.making");
        FileStream? turn = null;
        SpinWait.SpinUntil(() => (turn = TryTake(path)) is not null, TurnTimeout);
        return turn ?? throw new IOException($"Another program has been making {Path.Combine(dataDir, Name)} for {TurnTimeout}.");
    }

    private static FileStream? TryTake(string path)
    {
        try
        {
            return new FileStream(
                path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>A new file with the secret, on disk when this returns; it throws where the file is there already.</summary>
    public static void Write(string path, string secret)
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
