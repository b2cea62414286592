using HeliosSync.Actors;
using HeliosSync.Domain;
using Microsoft.Extensions.Logging.Abstractions;

namespace HeliosSync.Host;

/// <summary>
/// <c>heliossync compact</c>: compacts the journals in the data folder of a stopped server, and gives all free space of the file back; or
/// says what that would do.
/// </summary>
internal sealed class CompactCommand(TextWriter output, Func<WebApplicationBuilder> builder)
{
    /// <summary>Exit code where a tenant's journal could not be read.</summary>
    private const int Unreadable = 1;

    private const int LaggingShownMax = 20;

    /// <summary>Runs it.</summary>
    /// <param name="dryRun">Whether nothing is to be changed.</param>
    /// <param name="only">The one tenant that it is for; null: all.</param>
    public async Task<int> RunAsync(bool dryRun, string? only)
    {
        var problems = new List<string>();
        var bound = OptionsBinding.Bind(builder().Configuration, problems);
        var dataDir = Path.GetFullPath(bound.DataDir);
        TenantId? tenant = null;
        if (only is not null)
        {
            tenant = TenantId.TryParse(only, out var parsed) ? parsed : null;
            if (tenant is null)
            {
                problems.Add($"--tenant is {Quoted.Text(only)}, which is no tenant's id.");
            }
        }

        if (problems.Count > 0)
        {
            throw new SettingsException(problems);
        }

        var before = FolderSpace.Measure(dataDir)
            ?? throw new StartupException($"There is no journal to compact in the data folder '{dataDir}'.");
        var code = await CompactAsync(dataDir, bound, dryRun, tenant);
        if (!dryRun)
        {
            FolderSpace.GiveBack(dataDir);
            await output.WriteLineAsync($"{dataDir}: the journal had {before} bytes and has {FolderSpace.Measure(dataDir)}");
        }

        return code;
    }

    private async Task<int> CompactAsync(string dataDir, HeliosSyncOptions bound, bool dryRun, TenantId? only)
    {
        var options = new SyncServerOptions
        {
            DataDir = dataDir,
            HistoryKept = TimeSpan.FromDays(bound.HistoryDays),
            CompactEvery = TimeSpan.Zero,
            CompactWithoutPause = true,
            ForgetAfter = TimeSpan.Zero,
            UnsafeSynchronousOff = bound.UnsafeSynchronousOff,
        };
        await using var server = SyncServer.Start(options, TimeProvider.System, NullLoggerFactory.Instance);
        var settings = CommandAudit.Settings(builder);
        await using var audit = CommandAudit.Open(settings with { Enabled = settings.Enabled && !dryRun }, "compact");
        var code = 0;
        foreach (var tenant in only is { } one ? [one] : server.TenantsInJournal())
        {
            var (refusal, reply) = await server.CompactAsync(tenant, dryRun);
            if (reply is null)
            {
                code = Unreadable;
                await output.WriteLineAsync($"{tenant}: {refusal!.Message}");
            }
            else
            {
                await audit.RecordAsync(
                    AuditDeeds.OfCompaction(tenant, reply.HorizonLsn, reply.Figures) with { By = CommandAudit.By });
                await TellAsync(tenant, reply);
            }
        }

        return code;
    }

    private async Task TellAsync(TenantId tenant, CompactionReply reply)
    {
        var figures = reply.Figures;
        var go = reply.DryRun ? "would go" : "went";
        await output.WriteLineAsync(
            $"{tenant}: up to LSN {reply.HorizonLsn} of {reply.HeadLsn}, {figures.ChangesRemoved} of {figures.Changes} changes {go}, "
            + $"{figures.EventsRemoved} of {figures.Events} events, {figures.BytesRemoved} of {figures.Bytes} bytes");
        foreach (var (name, table) in figures.Tables.OrderBy(static t => t.Key, StringComparer.Ordinal))
        {
            await output.WriteLineAsync(
                $"  {name}: {table.Removed} of {table.Changes} changes, {table.RemovedBytes} bytes of keys and data");
        }

        if (reply.Lagging.Count > 0)
        {
            // Positions are in memory only: on a stopped server none is known.
            await output.WriteLineAsync(
                $"  {reply.Lagging.Count}{(reply.HasMoreLagging ? " and more" : "")} clients may see only final versions of these, where "
                + "they have not pulled them; a running server knows their positions (POST /compact)");
            foreach (var member in reply.Lagging.Take(LaggingShownMax))
            {
                await output.WriteLineAsync($"    {member.Client}");
            }
        }
    }
}
