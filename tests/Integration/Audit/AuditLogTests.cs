using System.Net;
using System.Text.Json;
using HeliosSync.Domain;
using HeliosSync.Host;
using Microsoft.Extensions.Logging.Abstractions;

namespace HeliosSync.Integration.Auditing;

/// <summary>The audit log by itself: what a crash, a full disk, a flood and the passing of days do to it.</summary>
public sealed class AuditLogTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    [InlineData(75)]
    [InlineData(100)]
    public async Task Half_a_line_of_a_crash_is_cut_off_at_the_next_start_which_says_so(int bytesLeft)
    {
        using var rig = new AuditRig();
        await rig.WriteAsync(2);
        const string Half =
            "{\"seq\":4,\"at\":\"2026-01-02T03:04:05.000Z\",\"kind\":\"refused\",\"reason\":\"It was being written then, not to its end.\"";
        await File.AppendAllTextAsync(rig.Files[0], Half[..bytesLeft]);
        Assert.Empty(rig.Check().Findings);
        Assert.Contains("no whole line", Assert.Single(rig.Check().Notes), StringComparison.Ordinal);

        await rig.WriteAsync(1);
        Assert.Empty(rig.Check().Findings);
        using var line = JsonDocument.Parse(rig.Lines()[4]);
        Assert.Equal("recovered", line.RootElement.GetProperty("kind").GetString());
        Assert.Equal(bytesLeft, line.RootElement.GetProperty("cut_bytes").GetInt32());
    }

    /// <summary>A kill leaves lines that the head does not know yet: they are whole, and nothing is missing.</summary>
    [Fact]
    public async Task Lines_behind_the_head_are_gone_on_from_without_a_word()
    {
        using var rig = new AuditRig();
        await rig.WriteAsync(2);
        var head = await File.ReadAllBytesAsync(rig.Settings.HeadFile);
        await rig.WriteAsync(3);
        await File.WriteAllBytesAsync(rig.Settings.HeadFile, head);
        await rig.WriteAsync(1);
        Assert.Empty(rig.Check().Findings);
        Assert.Equal(10, rig.Check().Lines);
        Assert.DoesNotContain(rig.Lines(), static line => line.Contains("recovered", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Old_files_go_and_a_line_that_stays_says_which()
    {
        using var rig = new AuditRig(keepDays: 3);
        for (var day = 0; day < 8; day++)
        {
            await rig.WriteAsync(2);
            rig.Time.Advance(TimeSpan.FromDays(1));
        }

        Assert.Equal(4, rig.Files.Length);
        Assert.Empty(rig.Check().Findings);
        Assert.True(rig.Check().FirstSeq > 1);
        Assert.Contains(rig.Lines(), static line => line.Contains("\"kind\":\"files_removed\"", StringComparison.Ordinal));
        File.Delete(rig.Files[0]);
        Assert.Contains("no line says that they went by retention", Assert.Single(rig.Check().Findings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_bytes_of_all_files_have_a_bound()
    {
        using var rig = new AuditRig(fileBytes: 1_500, keptBytes: 6_000);
        await rig.WriteAsync(100);
        Assert.InRange(rig.Files.Sum(static file => new FileInfo(file).Length), 3_000, 9_000);
        Assert.Empty(rig.Check().Findings);
    }

    [Fact]
    public async Task What_cannot_be_written_is_counted_and_said_when_it_can_be_again()
    {
        using var rig = new AuditRig(fileBytes: 1_500);
        await using (var log = rig.Open())
        {
            Assert.True(await log.RecordAsync(Entry("before")));
            var aside = rig.Settings.Folder + "-aside";
            Directory.Move(rig.Settings.Folder, aside);
            var lost = 0;
            while (await log.RecordAsync(Entry(new string('x', 400))))
            {
                // Until the file is full: the next one cannot be begun.
            }

            lost++;
            Assert.False(await log.RecordAsync(Entry("lost")));
            lost++;
            Directory.Move(aside, rig.Settings.Folder);
            Assert.True(await log.RecordAsync(Entry("after")));
            var said = Assert.Single(rig.Lines(), static line => line.Contains("entries_lost", StringComparison.Ordinal));
            Assert.Contains($"\"count\":{lost}", said, StringComparison.Ordinal);
        }

        Assert.Empty(rig.Check().Findings);
    }

    [Fact]
    public async Task A_second_writer_on_the_folder_is_refused()
    {
        using var rig = new AuditRig();
        await using var log = rig.Open();
        await using var second = new AuditLog(rig.Settings, rig.Time, NullLogger<AuditLog>.Instance);
        var refused = Assert.Throws<HeliosSync.Actors.StartupException>(
            () => second.Open(new AuditEntry(AuditKind.ServerStarted)));
        Assert.Contains("one server alone may write to it", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_that_is_not_the_logs_own_is_said_to_be_that()
    {
        using var rig = new AuditRig();
        await rig.WriteAsync(2);
        await File.WriteAllTextAsync(rig.Settings.KeyFile, new string('k', 64));
        Assert.Contains("another key", rig.Check().Findings[0], StringComparison.Ordinal);
    }

    [Fact]
    public void The_first_of_a_kind_is_said_at_once_and_those_that_follow_are_one_line_a_second()
    {
        var time = new ManualTime();
        var sums = new AuditSums(time);
        var kind = Sum("1.2.3.4");
        Assert.Equal(("r1", 1), (sums.Count(in kind, "r1")!.RequestId, 1));
        for (var i = 0; i < 10_000; i++)
        {
            Assert.Null(sums.Count(in kind, "r2"));
        }

        Assert.Empty(sums.Take());
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(10_000, Assert.Single(sums.Take()).Count);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Empty(sums.Take());
        Assert.NotNull(sums.Count(in kind, "r3"));
    }

    [Fact]
    public void A_flood_from_many_addresses_is_a_bounded_number_of_lines_and_no_request_is_left_out()
    {
        var time = new ManualTime();
        var sums = new AuditSums(time);
        var (lines, counted) = (0, 0L);
        for (var i = 0; i < 100_000; i++)
        {
            var kind = Sum($"10.{i >> 16}.{(i >> 8) & 255}.{i & 255}");
            counted += sums.Count(in kind, "r") is { } entry ? Said(entry) : 0;
        }

        time.Advance(TimeSpan.FromSeconds(1));
        counted += sums.Take().Sum(Said);
        Assert.Equal(100_000, counted);
        Assert.InRange(lines, 2, (2 * AuditSums.StrangersMax) + 2);

        long Said(AuditEntry entry)
        {
            lines++;
            return entry.Count;
        }
    }

    [Fact]
    public void Once_the_day_had_its_share_refusals_are_summed_up_by_the_minute_and_registrations_are_not()
    {
        var time = new ManualTime();
        var sums = new AuditSums(time) { IsStrained = true };
        for (var i = 0; i < 1_000; i++)
        {
            var kind = Sum($"10.0.{i >> 8}.{i & 255}");
            sums.Count(in kind, "r");
        }

        time.Advance(TimeSpan.FromSeconds(59));
        Assert.Empty(sums.Take());
        time.Advance(TimeSpan.FromSeconds(1));
        var sum = Assert.Single(sums.Take());
        Assert.Equal((999, true), (sum.Count, sum.IsMixed));
        Assert.True(TenantId.TryParse("t", out var tenant));
        var registered = new AuditSum(AuditKind.Registered, null, null, tenant, null, null, "POST", "/register");
        Assert.Equal(tenant, sums.Count(in registered, "r")!.Tenant);
    }

    private static AuditSum Sum(string address) => new(
        AuditKind.AuthenticationFailed, ErrorCode.Unauthorized, "It has expired.", null, null, IPAddress.Parse(address), "POST", "/push");

    private static AuditEntry Entry(string text) => new(AuditKind.AdminCall) { Reason = text };
}
