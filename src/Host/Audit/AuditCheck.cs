using HeliosSync.Actors;

namespace HeliosSync.Host;

/// <summary>What a check of the audit log found.</summary>
/// <param name="Files">Files read.</param>
/// <param name="Lines">Lines read.</param>
/// <param name="FirstSeq">The number of the first line that there is; 0 where there is none.</param>
/// <param name="Last">The last line that there is.</param>
/// <param name="Findings">What does not hold, a sentence each.</param>
/// <param name="Notes">What is worth knowing and no finding.</param>
internal sealed record AuditReport(
    int Files, long Lines, long FirstSeq, AuditPlace Last, IReadOnlyList<string> Findings, IReadOnlyList<string> Notes);

/// <summary>
/// Checks the whole audit log: every line's seal and number, how files are tied to each other, that the oldest is the first or that those
/// before it went by retention, and that the last line is not before the head that is remembered apart. Also while a server writes.
/// </summary>
internal sealed class AuditCheck
{
    /// <summary>Findings that are told one by one.</summary>
    private const int FindingsMax = 100;

    private readonly AuditSettings _settings;
    private readonly AuditSeal _seal;
    private readonly AuditPlace[] _anchors;
    private readonly HashSet<int> _met = [];
    private readonly List<string> _findings = [];
    private readonly List<string> _notes = [];
    private readonly List<AuditPlace> _retired = [];
    private AuditPlace _last = AuditPlace.Beginning;
    private AuditPlace? _before;
    private long _lines;
    private long _more;

    private AuditCheck(AuditSettings settings, AuditSeal seal, AuditPlace[] anchors) =>
        (_settings, _seal, _anchors) = (settings, seal, anchors);

    /// <summary>Does it. Throws where there is no key to check with.</summary>
    /// <param name="settings">Where it is.</param>
    /// <param name="kept">A line that somebody kept elsewhere; null where nobody did.</param>
    public static AuditReport Run(AuditSettings settings, AuditPlace? kept)
    {
        var key = AuditKeyFile.Read(settings.KeyFile)
            ?? throw new StartupException($"There is no key of an audit log in '{settings.KeyFile}'; nothing can be checked without it.");

        // Before the lines: a server that writes on is ahead of its head then, never behind.
        var hasHead = AuditHead.TryRead(settings.HeadFile, out var head);
        var anchors = new[] { head, kept }.OfType<AuditPlace>().ToArray();
        var check = new AuditCheck(settings, new AuditSeal(key), anchors);
        if (head is null)
        {
            check.Find(hasHead
                ? $"The head in '{settings.HeadFile}' cannot be read: whether the last lines are missing is not known."
                : $"There is no head in '{settings.HeadFile}': whether the last lines are missing is not known.");
        }

        return check.Run();
    }

    private AuditReport Run()
    {
        var files = AuditFolder.List(_settings.Folder);
        for (var i = 0; i < files.Count; i++)
        {
            TakeFile(files[i], isLast: i == files.Count - 1);
        }

        if (_before is { } before && !before.Is(AuditPlace.Beginning) && !_retired.Exists(before.Is))
        {
            Find($"The lines before {before.Seq + 1} are missing, and no line says that they went by retention.");
        }

        for (var i = 0; i < _anchors.Length; i++)
        {
            var anchor = _anchors[i];
            if (anchor.Seq > _last.Seq)
            {
                Find($"The last lines are missing: line {anchor.Seq} was there, and the files end with line {_last.Seq}.");
            }
            else if (!_met.Contains(i))
            {
                Find(anchor.Seq <= (_before?.Seq ?? 0)
                    ? $"Line {anchor.Seq} cannot be compared: it is before the first line that is kept."
                    : $"Line {anchor.Seq} is another one than was remembered.");
            }
        }

        if (_more > 0)
        {
            _findings.Add($"There are {_more} findings more.");
        }

        return new AuditReport(files.Count, _lines, _before is { } first ? first.Seq + 1 : 0, _last, _findings, _notes);
    }

    private void TakeFile(AuditFile file, bool isLast)
    {
        var bytes = AuditFolder.Read(file.Path);
        var walk = new AuditWalk(_seal);
        for (var from = 0; from < bytes.Length;)
        {
            var length = bytes.AsSpan(from).IndexOf((byte)'\n');
            if (length < 0)
            {
                TakeHalf(file, bytes.Length - from, isLast);
                break;
            }

            var line = bytes.AsSpan(from, length);
            var isFirst = from == 0;
            from += length + 1;
            _lines++;
            if (walk.Take(line) is { } wrong)
            {
                Find($"{file.Name}, line {walk.Last.Seq}: {wrong}.");
                if (isFirst)
                {
                    _last = new AuditPlace(Math.Max(_last.Seq, file.FirstSeq), new byte[AuditSeal.Bytes]);
                    _before ??= AuditPlace.Beginning;
                    continue;
                }
            }

            if (isFirst)
            {
                Join(file, walk.Before);
            }

            _last = walk.Last;
            Note(walk, line);
        }
    }

    /// <summary>Whether a file goes on where the one before it ended.</summary>
    private void Join(AuditFile file, AuditPlace before)
    {
        if (_before is null)
        {
            _before = before;
        }
        else if (!before.Is(_last))
        {
            Find(before.Seq > _last.Seq
                ? $"{file.Name} begins with line {before.Seq + 1}: lines {_last.Seq + 1} to {before.Seq} are missing before it."
                : $"{file.Name} does not go on where the file before it ends, with line {_last.Seq}.");
        }
    }

    private void TakeHalf(AuditFile file, int bytes, bool isLast)
    {
        if (isLast)
        {
            _notes.Add($"{file.Name} ends with {bytes} bytes that are no whole line: one is being written, or a crash left it.");
        }
        else
        {
            Find($"{file.Name} ends with {bytes} bytes that are no whole line.");
        }
    }

    private void Note(AuditWalk walk, ReadOnlySpan<byte> line)
    {
        for (var i = 0; i < _anchors.Length; i++)
        {
            if (_anchors[i].Is(walk.Last))
            {
                _met.Add(i);
            }
        }

        if (walk.Kind != AuditLine.NameOf(AuditKind.FilesRemoved) && walk.Kind != AuditLine.NameOf(AuditKind.Recovered))
        {
            return;
        }

        using var json = AuditFolder.Parse(line);
        var root = json!.RootElement;
        if (walk.Kind == AuditLine.NameOf(AuditKind.Recovered))
        {
            if (AuditFolder.TextOf(root, "finding") is { } finding)
            {
                // The head is as new again: what it had found missing is known by this line alone.
                Find($"Line {walk.Last.Seq}, written at a start of the server, says: {finding}.");
            }
            else
            {
                _notes.Add($"Line {walk.Last.Seq}, written at a start of the server, says that it cut off half a line of a crash.");
            }
        }
        else if (root.TryGetProperty("last_seq", out var seq)
            && AuditPlace.TryParse($"{seq.GetRawText()}:{AuditFolder.TextOf(root, "last_hash")}", out var gone))
        {
            _retired.Add(gone);
        }
    }

    private void Find(string finding)
    {
        if (_findings.Count < FindingsMax)
        {
            _findings.Add(finding);
        }
        else
        {
            _more++;
        }
    }
}
