using System.Diagnostics.Metrics;
using HeliosSync.Actors;

namespace HeliosSync.Host;

/// <summary>What there is now of things that are counted anyway, read when somebody asks.</summary>
internal sealed class ServerGauges : IHostedService
{
    private const string Journal = "heliossync.db";

    private readonly SyncService _service;
    private readonly string _folder;

    public ServerGauges(
        ServerMeter own,
        SyncService service,
        Settings settings,
        RequestSlots requests,
        WaitingPulls pulls,
        LiveStreams streams,
        ByteBudget bodies,
        AnswerBudget answers)
    {
        (_service, _folder) = (service, settings.DataDir);
        var meter = own.Meter;
        meter.CreateObservableGauge("heliossync.requests.in_flight", () => requests.Taken, "{request}", "Requests in hand.");
        meter.CreateObservableGauge("heliossync.pulls.waiting", () => pulls.Places.Taken, "{pull}", "Pulls that wait for a change.");
        meter.CreateObservableGauge("heliossync.streams", () => streams.Places.Taken, "{stream}", "Live streams.");
        meter.CreateObservableGauge(
            "heliossync.bodies.in_flight",
            () => new[] { Of(bodies.BytesInFlight, "way", "in"), Of(answers.Bytes.BytesInFlight, "way", "out") },
            "By",
            "Bytes of bodies on their way in, and of large answers that wait for their clients.");
        meter.CreateObservableGauge("heliossync.tenants", () => Ask(static s => s.TenantsInMemory), "{tenant}", "Tenants in memory.");
        meter.CreateObservableGauge(
            "heliossync.clients.registered", () => Ask(static s => s.RegisteredClients), "{client}", "Registered clients of all tenants.");
        meter.CreateObservableGauge(
            "heliossync.journal.queue", () => Ask(static s => s.WaitingWrites), "{write}", "Writes that wait for the next commit.");
        meter.CreateObservableGauge(
            "heliossync.files",
            () => new[] { File(Journal, "journal"), File($"{Journal}-wal", "wal"), File("snapshots.db", "snapshots") },
            "By",
            "Sizes of the database files.");
        meter.CreateObservableGauge("heliossync.disk.free", Free, "By", "Bytes that are free for the server where its data folder is.");
    }

    /// <summary>It is there, which is all that it does.</summary>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private IEnumerable<Measurement<long>> Ask(Func<SyncServer, long> figure) =>
        _service.Started is { } server ? [new Measurement<long>(figure(server))] : [];

    private static Measurement<long> Of(long value, string label, string name) =>
        new(value, new KeyValuePair<string, object?>(label, name));

    private Measurement<long> File(string name, string label)
    {
        var file = new FileInfo(Path.Combine(_folder, name));
        return Of(file.Exists ? file.Length : 0, "file", label);
    }

    private IEnumerable<Measurement<long>> Free()
    {
        try
        {
            return [new Measurement<long>(new DriveInfo(_folder).AvailableFreeSpace)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // A file system that does not tell: then there is no such number.
            return [];
        }
    }
}
