using System.Text;
using HeliosSync.Host;
using HeliosSync.Integration.Storage;

namespace HeliosSync.Integration.Auditing;

/// <summary><c>heliossync audit verify</c>: whatever is done to the files is found.</summary>
public sealed class AuditCheckTests
{
    private const int SmallFile = 1_500;

    public static TheoryData<string> Harms => new()
    {
        "edit", "edit and seal anew with another key", "delete", "delete the first", "swap", "insert a copy", "insert at the end",
        "cut the last line", "cut the last lines", "cut in the middle of a line", "empty a file", "delete the last file",
        "delete a file", "delete the oldest file", "swap two files", "copy a file under a later name", "take the head away",
        "delete everything but the head",
    };

    [Fact]
    public async Task What_nobody_touched_holds_over_files_days_and_starts()
    {
        using var rig = new AuditRig(SmallFile);
        for (var day = 0; day < 3; day++)
        {
            await rig.WriteAsync(9);
            rig.Time.Advance(TimeSpan.FromDays(1));
        }

        var report = rig.Check();
        Assert.Empty(report.Findings);
        Assert.Empty(report.Notes);
        Assert.Equal(rig.Files.Length, report.Files);
        Assert.InRange(report.Files, 6, 20);
        Assert.Equal((1, 30 + report.Files, report.Lines), (report.FirstSeq, report.Last.Seq, report.Last.Seq));
    }

    [Theory]
    [MemberData(nameof(Harms))]
    public async Task Every_harm_is_found(string harm)
    {
        using var rig = new AuditRig(SmallFile);
        await rig.WriteAsync(44);
        Assert.Empty(rig.Check().Findings);
        Assert.InRange(rig.Files.Length, 4, 12);
        Do(rig, harm);
        Assert.NotEmpty(rig.Check().Findings);

        // And it stays found, when a server has gone on behind it.
        await rig.WriteAsync(2);
        Assert.NotEmpty(rig.Check().Findings);
    }

    [Fact]
    public async Task Each_single_byte_that_is_changed_is_found()
    {
        using var rig = new AuditRig();
        await rig.WriteAsync(3);
        var path = Assert.Single(rig.Files);
        var whole = await File.ReadAllBytesAsync(path);
        for (var i = 0; i < whole.Length; i++)
        {
            whole[i] ^= 1;
            await File.WriteAllBytesAsync(path, whole);
            Assert.NotEmpty(rig.Check().Findings);
            whole[i] ^= 1;
        }

        await File.WriteAllBytesAsync(path, whole);
        Assert.Empty(rig.Check().Findings);
    }

    [Fact]
    public async Task An_older_head_hides_a_cut_from_the_check_but_not_from_a_head_that_was_kept_elsewhere()
    {
        using var rig = new AuditRig();
        await rig.WriteAsync(5);
        var (oldHead, old) = (await File.ReadAllBytesAsync(rig.Settings.HeadFile), await File.ReadAllBytesAsync(rig.Files[0]));
        await rig.WriteAsync(5);
        var kept = rig.Check().Last;
        await File.WriteAllBytesAsync(rig.Settings.HeadFile, oldHead);
        await File.WriteAllBytesAsync(rig.Files[0], old);
        Assert.Empty(rig.Check().Findings);
        Assert.Contains("The last lines are missing", Assert.Single(rig.Check(kept).Findings), StringComparison.Ordinal);
    }

    /// <summary>A log that was written anew with the server's own key: only a line kept elsewhere can tell.</summary>
    [Fact]
    public async Task A_log_made_anew_does_not_have_the_line_that_was_kept_elsewhere()
    {
        using var rig = new AuditRig();
        await rig.WriteAsync(5);
        var kept = rig.Check().Last;
        File.Delete(rig.Files[0]);
        File.Delete(rig.Settings.HeadFile);
        rig.Time.Advance(TimeSpan.FromSeconds(1));
        await rig.WriteAsync(8);
        Assert.Empty(rig.Check().Findings);
        Assert.Contains("another one than was remembered", Assert.Single(rig.Check(kept).Findings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_command_tells_people_and_programs_and_exits_with_1_where_something_does_not_hold()
    {
        using var rig = new AuditRig();
        await rig.WriteAsync(3);
        var (code, lines) = await CommandRun.OfAsync(rig.Folder, "audit", "verify");
        Assert.Equal(0, code);
        Assert.EndsWith("5 lines in 1 files, 1 to 5: no damage", Assert.Single(lines), StringComparison.Ordinal);
        var head = Assert.Single((await CommandRun.OfAsync(rig.Folder, "audit", "head")).Lines);
        Assert.Equal(0, (await CommandRun.OfAsync(rig.Folder, "audit", "verify", "--head", head)).Code);

        Write(rig.Files[0], (await File.ReadAllLinesAsync(rig.Files[0]))[..^1]);
        (code, lines) = await CommandRun.OfAsync(rig.Folder, "audit", "verify", "--head", head, "--json");
        Assert.Equal(1, code);
        using var json = System.Text.Json.JsonDocument.Parse(Assert.Single(lines));
        Assert.Equal(4, json.RootElement.GetProperty("lines").GetInt64());
        Assert.Equal(2, json.RootElement.GetProperty("findings").GetArrayLength());
        Assert.Equal(2, (await CommandRun.OfAsync(rig.Folder, "audit", "verify", "--head", "4:abc")).Code);
    }

    private static void Do(AuditRig rig, string harm)
    {
        var files = rig.Files;
        var (middle, last) = (files[1], files[^1]);
        string[] lines = File.ReadAllLines(middle), end = File.ReadAllLines(last);
        Assert.True(lines.Length > 3 && end.Length > 3);
        switch (harm)
        {
            case "edit":
                Write(middle, [.. lines.Select(static line => line.Replace("ops", "opz", StringComparison.Ordinal))]);
                break;
            case "edit and seal anew with another key":
                Write(middle, Forge(rig, lines));
                break;
            case "delete":
                Write(middle, [.. lines.Where(static (_, i) => i != 2)]);
                break;
            case "delete the first":
                Write(middle, lines[1..]);
                break;
            case "swap":
                (lines[1], lines[2]) = (lines[2], lines[1]);
                Write(middle, lines);
                break;
            case "insert a copy":
                Write(middle, [.. lines[..2], lines[1], .. lines[2..]]);
                break;
            case "insert at the end":
                Write(last, [.. end, lines[^1]]);
                break;
            case "cut the last line":
                Write(last, end[..^1]);
                break;
            case "cut the last lines":
                Write(last, end[..1]);
                break;
            case "cut in the middle of a line":
                File.WriteAllBytes(last, File.ReadAllBytes(last)[..^40]);
                break;
            case "empty a file":
                Write(middle, []);
                break;
            default:
                DoToFiles(rig, harm);
                break;
        }
    }

    private static void DoToFiles(AuditRig rig, string harm)
    {
        var files = rig.Files;
        var (first, middle, last) = (files[0], files[1], files[^1]);
        switch (harm)
        {
            case "delete the last file":
                File.Delete(last);
                break;
            case "delete a file":
                File.Delete(middle);
                break;
            case "delete the oldest file":
                File.Delete(first);
                break;
            case "swap two files":
                Swap(files[1], files[2]);
                break;
            case "copy a file under a later name":
                var later = Path.GetFileName(last).Replace("-0", "-9", StringComparison.Ordinal);
                File.Copy(middle, Path.Combine(Path.GetDirectoryName(last)!, later));
                break;
            case "take the head away":
                File.Delete(rig.Settings.HeadFile);
                break;
            case "delete everything but the head":
                Array.ForEach(files, File.Delete);
                break;
            default:
                throw new ArgumentException(harm);
        }
    }

    private static void Write(string path, string[] lines) =>
        File.WriteAllBytes(path, Encoding.UTF8.GetBytes(string.Concat(lines.Select(static line => line + "\n"))));

    private static void Swap(string one, string two)
    {
        var (first, second) = (File.ReadAllBytes(one), File.ReadAllBytes(two));
        File.WriteAllBytes(one, second);
        File.WriteAllBytes(two, first);
    }

    /// <summary>The lines with one changed and all of them sealed anew, by somebody who does not have the key.</summary>
    private static string[] Forge(AuditRig rig, string[] lines)
    {
        var seal = new AuditSeal(new byte[32]);
        var before = AuditFolder.FirstOf(Encoding.UTF8.GetBytes(lines[0]))!.Value.Before;
        var forged = new List<string>();
        foreach (var line in lines)
        {
            var changed = Encoding.UTF8.GetBytes(line.Replace("ops", "opz", StringComparison.Ordinal));
            Assert.True(AuditLine.TryRead(changed, out var body, out _));
            var own = seal.Of(before.Span, body);
            forged.Add($"{Encoding.UTF8.GetString(body)},\"hash\":\"{Convert.ToHexStringLower(own)}\"}}");
            before = own;
        }

        Assert.NotEmpty(rig.Files);
        return [.. forged];
    }
}
