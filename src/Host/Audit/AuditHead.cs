using System.Text;

namespace HeliosSync.Host;

/// <summary>
/// The file that remembers the last line which is on the disk, apart from the lines: without it nothing could tell that the last lines are
/// gone. It is written in its place, in less than a sector, so that no power cut leaves half of it.
/// </summary>
internal sealed class AuditHead : IDisposable
{
    private const int BytesMax = 128;

    private readonly Microsoft.Win32.SafeHandles.SafeFileHandle _file;

    public AuditHead(string path) => _file = File.OpenHandle(
        path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);

    /// <summary>Remembers a line that is on the disk.</summary>
    public void Write(AuditPlace place)
    {
        var bytes = Encoding.ASCII.GetBytes(place.ToString().PadRight(BytesMax - 1) + '\n');
        RandomAccess.Write(_file, bytes, 0);
        RandomAccess.FlushToDisk(_file);
    }

    /// <summary>What the file remembers. False where there is no file; no place where it cannot be read.</summary>
    public static bool TryRead(string path, out AuditPlace? place)
    {
        place = null;
        if (!File.Exists(path))
        {
            return false;
        }

        var text = Encoding.ASCII.GetString(AuditFolder.Read(path));
        place = text.Length is > 0 and <= BytesMax && AuditPlace.TryParse(text.Trim(), out var read) ? read : null;
        return text.Length > 0;
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
