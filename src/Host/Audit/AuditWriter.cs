using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace HeliosSync.Host;

/// <summary>
/// Writes lines behind each other, into file after file. One thread at a time. What a write that failed left behind is cut off, so the next
/// one goes on behind the last whole line.
/// </summary>
internal sealed class AuditWriter : IDisposable
{
    private readonly AuditSettings _settings;
    private readonly AuditSeal _seal;
    private readonly AuditHead _head;
    private readonly FileStream _lock;
    private readonly TimeProvider _time;
    private readonly ArrayBufferWriter<byte> _lines = new(64 * 1_024);
    private SafeFileHandle? _file;
    private AuditFile? _at;
    private long _length;
    private AuditPlace _written;
    private AuditPlace _next;

    /// <summary>A writer that goes on behind a line, in its file where there is one.</summary>
    /// <param name="settings">Where, and how much.</param>
    /// <param name="seal">Seals.</param>
    /// <param name="held">The lock on the folder, which it gives back at the end.</param>
    /// <param name="last">The last line.</param>
    /// <param name="at">The file to go on in; null: a new one.</param>
    /// <param name="time">The clock.</param>
    public AuditWriter(
        AuditSettings settings, AuditSeal seal, FileStream held, AuditPlace last, AuditFile? at, TimeProvider time)
    {
        (_settings, _seal, _lock, _written, _next, _at, _time) = (settings, seal, held, last, last, at, time);
        _head = new AuditHead(settings.HeadFile);
        if (at is not null)
        {
            _file = File.OpenHandle(at.Path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
            _length = RandomAccess.GetLength(_file);
        }
    }

    /// <summary>Whether a file began since this was last asked, so that older ones may have to go.</summary>
    public bool HasBegunFile { get; private set; } = true;

    /// <summary>Bytes that are appended and not yet written.</summary>
    public int Waiting => _lines.WrittenCount;

    /// <summary>Appends an entry; gives its bytes.</summary>
    public int Append(AuditEntry entry)
    {
        var now = _time.GetUtcNow();
        var day = DateOnly.FromDateTime(now.UtcDateTime);
        if (_file is null || _at!.Day != day || _length + _lines.WrittenCount >= _settings.FileBytesMax)
        {
            Begin(day);
        }

        if (_length + _lines.WrittenCount == 0)
        {
            Tie(now);
        }

        var before = _lines.WrittenCount;
        _next = AuditLine.Write(_lines, entry, now, _next, _seal);
        return _lines.WrittenCount - before;
    }

    /// <summary>Hands what was appended to the system: it outlives the process, and not yet a power cut.</summary>
    public void Write()
    {
        if (_lines.WrittenCount == 0)
        {
            return;
        }

        RandomAccess.Write(_file!, _lines.WrittenSpan, _length);
        _length += _lines.WrittenCount;
        _written = _next;
        _lines.ResetWrittenCount();
    }

    /// <summary>Puts on the disk what was written, and then remembers how far that is.</summary>
    public void Flush()
    {
        if (_file is not null)
        {
            RandomAccess.FlushToDisk(_file);
            _head.Write(_written);
        }
    }

    /// <summary>After a failure: what was appended is given up, and what of it is in the file is cut off.</summary>
    public void GiveUp()
    {
        _lines.ResetWrittenCount();
        _next = _written;
        if (_file is not null && RandomAccess.GetLength(_file) > _length)
        {
            RandomAccess.SetLength(_file, _length);
        }
    }

    /// <summary>
    /// Deletes the files that are to go: those beyond the bytes of all, and those whose last line is old enough. That they go is on the
    /// disk before they do, with the seal that the first of those that stay is tied to.
    /// </summary>
    public void Retire()
    {
        HasBegunFile = false;
        var files = AuditFolder.List(_settings.Folder);
        var gone = Old(files);
        if (gone == 0)
        {
            return;
        }

        var kept = AuditFolder.Read(files[gone].Path).AsSpan();
        var end = kept.IndexOf((byte)'\n');
        if (end < 0 || AuditFolder.FirstOf(kept[..end]) is not { } first)
        {
            // It would not be known what was there: whoever verifies is to see all of it.
            return;
        }

        Append(new AuditEntry(AuditKind.FilesRemoved)
        {
            By = "server",
            Details =
            [
                new("files", gone),
                new("first_seq", files[0].FirstSeq),
                new("last_seq", first.Seq - 1),
                new("last_hash", Convert.ToHexStringLower(first.Before.Span)),
            ],
        });
        Write();
        Flush();
        foreach (var file in files[..gone])
        {
            File.Delete(file.Path);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file?.Dispose();
        _head.Dispose();
        _lock.Dispose();
    }

    /// <summary>How many of the oldest files are to go; the one that is written to never is.</summary>
    private int Old(List<AuditFile> files)
    {
        var bytes = files.Sum(static file => new FileInfo(file.Path).Length);
        var oldest = DateOnly.FromDateTime((_time.GetUtcNow() - _settings.Kept).UtcDateTime);
        var gone = 0;
        while (gone + 1 < files.Count && files[gone].FirstSeq < _at?.FirstSeq
            && (bytes > _settings.KeptBytesMax || (_settings.Kept > TimeSpan.Zero && files[gone].Day < oldest)))
        {
            bytes -= new FileInfo(files[gone++].Path).Length;
        }

        return gone;
    }

    /// <summary>Ends a file, so that it is whole on the disk, and begins the next one with a line that is tied to its last.</summary>
    private void Begin(DateOnly day)
    {
        Write();
        Flush();
        if (_file is not null && _length == 0)
        {
            // It was begun when the disk was full, say: there is nothing in it to be ended.
            return;
        }

        var next = AuditFolder.Next(_settings.Folder, _next.Seq + 1, day);
        _file?.Dispose();
        _file = null;
        _file = File.OpenHandle(next.Path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read);
        (_at, _length, HasBegunFile) = (next, 0, true);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(_file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    /// <summary>The first line of a file.</summary>
    private void Tie(DateTimeOffset now)
    {
        var began = new AuditEntry(AuditKind.FileBegan)
        {
            By = "server",
            Details = [new("before", Convert.ToHexStringLower(_next.Seal.Span)), new("key", _seal.KeyId)],
        };
        _next = AuditLine.Write(_lines, began, now, _next, _seal);
    }
}
