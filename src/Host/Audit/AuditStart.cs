using System.Security.Cryptography;
using HeliosSync.Actors;

namespace HeliosSync.Host;

/// <summary>
/// Opens the audit log: finds its last line, cuts off half a line that a crash left, and says in the log what is not as it was left. What
/// cannot be explained by a crash stays visible for ever: the numbers and seals then do not meet.
/// </summary>
internal sealed class AuditStart
{
    private readonly AuditSettings _settings;
    private readonly List<AuditDetail> _found = [];

    private AuditStart(AuditSettings settings) => _settings = settings;

    /// <summary>Opens it; <see cref="StartupException"/> says in one sentence why that cannot be.</summary>
    public static AuditWriter Open(AuditSettings settings, TimeProvider time)
    {
        try
        {
            return new AuditStart(settings).Begin(time);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartupException(
                $"The audit log in '{settings.Folder}' cannot be opened ({e.Message.TrimEnd('.')}); one server alone may write to it.", e);
        }
    }

    private AuditWriter Begin(TimeProvider time)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(_settings.Folder);
        }
        else
        {
            Directory.CreateDirectory(
                _settings.Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        Directory.CreateDirectory(Path.GetDirectoryName(_settings.HeadFile)!);
        FileStream? held = null;
        try
        {
            held = new FileStream(
                Path.Combine(_settings.Folder, "audit.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            var seal = new AuditSeal(AuditKeyFile.ReadOrMake(_settings.KeyFile));
            var (last, at) = FindEnd(seal);
            var writer = new AuditWriter(_settings, seal, held, last, at, time);
            held = null;
            if (_found.Count > 0)
            {
                writer.Append(new AuditEntry(AuditKind.Recovered) { By = "server", Details = [.. _found] });
            }

            return writer;
        }
        finally
        {
            held?.Dispose();
        }
    }

    /// <summary>The line to go on behind, and the file that it is in; no file where the next line must not follow it there.</summary>
    private (AuditPlace Last, AuditFile? At) FindEnd(AuditSeal seal)
    {
        var hasHead = AuditHead.TryRead(_settings.HeadFile, out var head);
        var (last, at, isWhole) = LastLine(seal);
        if (at is null && !hasHead)
        {
            return (AuditPlace.Beginning, null);
        }

        if (head is null)
        {
            _found.Add(new("finding", hasHead ? "the head file cannot be read" : "the head file is missing"));
            return (last, isWhole ? at : null);
        }

        if (head.Value.Seq > last.Seq)
        {
            _found.Add(new("finding", "lines are missing at the end"));
            _found.Add(new("first_missing", last.Seq + 1));
            _found.Add(new("last_missing", head.Value.Seq));
            return (head.Value, null);
        }

        return (last, isWhole ? at : null);
    }

    /// <summary>The last line of the last file that has any, as far as its lines hold.</summary>
    private (AuditPlace Last, AuditFile? At, bool IsWhole) LastLine(AuditSeal seal)
    {
        var files = AuditFolder.List(_settings.Folder);
        for (var i = files.Count - 1; i >= 0; i--)
        {
            var bytes = AuditFolder.Read(files[i].Path);
            var end = bytes.AsSpan().LastIndexOf((byte)'\n') + 1;
            if (end < bytes.Length)
            {
                CutOff(files[i], bytes, end);
            }

            if (end == 0)
            {
                // Nothing of it was ever acknowledged: its first line is not whole.
                File.Delete(files[i].Path);
                continue;
            }

            var walk = new AuditWalk(seal);
            foreach (var line in Lines(bytes, end))
            {
                if (walk.Take(bytes.AsSpan(line)) is { } finding)
                {
                    _found.Add(new("finding", $"{files[i].Name} does not hold behind line {walk.Last.Seq}: {finding}"));
                    return (Furthest(walk.Last, files[i]), files[i], false);
                }
            }

            return (walk.Last, files[i], true);
        }

        return (AuditPlace.Beginning, null, true);
    }

    /// <summary>A file whose first line already does not hold still took its number.</summary>
    private static AuditPlace Furthest(AuditPlace last, AuditFile file) =>
        last.Seq >= file.FirstSeq ? last : last with { Seq = file.FirstSeq };

    private void CutOff(AuditFile file, byte[] bytes, int end)
    {
        _found.Add(new("cut_file", file.Name));
        _found.Add(new("cut_bytes", bytes.Length - end));
        _found.Add(new("cut_sha256", Convert.ToHexStringLower(SHA256.HashData(bytes.AsSpan(end)))));
        using var open = File.OpenHandle(file.Path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
        RandomAccess.SetLength(open, end);
        RandomAccess.FlushToDisk(open);
    }

    private static IEnumerable<Range> Lines(byte[] bytes, int end)
    {
        for (var from = 0; from < end;)
        {
            var next = from + bytes.AsSpan(from, end - from).IndexOf((byte)'\n');
            yield return from..next;
            from = next + 1;
        }
    }
}
