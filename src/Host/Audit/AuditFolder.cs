using System.Globalization;
using System.Text.Json;

namespace HeliosSync.Host;

/// <summary>One file of the audit log, named by its first line and the day: files sorted by name are in the order of their lines.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="FirstSeq">The number of its first line.</param>
/// <param name="Day">The UTC day that it is of.</param>
internal sealed record AuditFile(string Path, long FirstSeq, DateOnly Day)
{
    /// <summary>Its name alone.</summary>
    public string Name => System.IO.Path.GetFileName(Path);
}

/// <summary>The files of the audit log in their folder, and how each is read.</summary>
internal static class AuditFolder
{
    private const string Begin = "audit-";
    private const string End = ".jsonl";
    private const string DayFormat = "yyyyMMdd";
    private const int SeqDigits = 12;

    /// <summary>The file that begins with that line.</summary>
    public static AuditFile Next(string folder, long firstSeq, DateOnly day)
    {
        var digits = firstSeq.ToString(CultureInfo.InvariantCulture).PadLeft(SeqDigits, '0');
        var name = $"{Begin}{digits}-{day.ToString(DayFormat, CultureInfo.InvariantCulture)}{End}";
        return new AuditFile(Path.Combine(folder, name), firstSeq, day);
    }

    /// <summary>The files that there are, the oldest first. Others in the folder are passed over.</summary>
    public static List<AuditFile> List(string folder)
    {
        var files = new List<AuditFile>();
        if (!Directory.Exists(folder))
        {
            return files;
        }

        foreach (var path in Directory.EnumerateFiles(folder, $"{Begin}*{End}"))
        {
            var parts = Path.GetFileName(path)[Begin.Length..^End.Length].Split('-');
            if (parts is [var seq, var day]
                && long.TryParse(seq, NumberStyles.None, CultureInfo.InvariantCulture, out var first)
                && DateOnly.TryParseExact(day, DayFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out var of))
            {
                files.Add(new AuditFile(path, first, of));
            }
        }

        files.Sort(static (a, b) => a.FirstSeq != b.FirstSeq
            ? a.FirstSeq.CompareTo(b.FirstSeq)
            : string.CompareOrdinal(a.Name, b.Name));
        return files;
    }

    /// <summary>A file's bytes, also while a server writes to it.</summary>
    public static byte[] Read(string path)
    {
        using var file = new FileStream(
            path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.SequentialScan);
        var bytes = new byte[file.Length];
        var read = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return read == bytes.Length ? bytes : bytes[..read];
    }

    /// <summary>
    /// What a file's first line says of the line before it; null where it is no such line. Nothing is judged here: the first line is sealed
    /// like any other.
    /// </summary>
    public static (long Seq, ReadOnlyMemory<byte> Before, string? KeyId)? FirstOf(ReadOnlySpan<byte> line)
    {
        if (Parse(line) is not { } document)
        {
            return null;
        }

        using (document)
        {
            var root = document.RootElement;
            if (TextOf(root, "kind") != AuditLine.NameOf(AuditKind.FileBegan)
                || !root.TryGetProperty("seq", out var number)
                || !number.TryGetInt64(out var seq)
                || !AuditPlace.TryParse($"{seq - 1}:{TextOf(root, "before")}", out var before))
            {
                return null;
            }

            return (seq, before.Seal, TextOf(root, "key"));
        }
    }

    /// <summary>A line as JSON; null where it is none.</summary>
    public static JsonDocument? Parse(ReadOnlySpan<byte> line)
    {
        try
        {
            var document = JsonDocument.Parse(line.ToArray());
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return document;
            }

            document.Dispose();
            return null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>A text of an object; null where it has none of that name.</summary>
    public static string? TextOf(JsonElement of, string name) =>
        of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
