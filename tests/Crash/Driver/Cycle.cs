using System.Diagnostics;
using HeliosSync.Crash.Faults;
using HeliosSync.Crash.History;
using HeliosSync.Load.Server;

namespace HeliosSync.Crash.Driver;

/// <summary>One life of the server under load, and how it ends. Afterwards a server can be started on the folder again.</summary>
/// <param name="world">Where it happens.</param>
/// <param name="struck">Is told of each fault that was injected.</param>
internal sealed class Cycle(World world, Action<FaultKind> struck)
{
    private const int AnswersMin = 5;
    private const int AnswersMax = 120;

    /// <summary>One load in so many is long: the write-ahead log is taken over and begun anew meanwhile.</summary>
    private const int LongLoads = 20;

    private const int LongAnswersMax = 2_000;
    /// <summary>Beyond the registrations, so that there is something to lose.</summary>
    private const int ControlAnswersMin = 60;

    private const int LongestDelayMs = 20;
    private const int StartKillsMax = 3;

    /// <summary>Before one power cut under load in so many, there is one in a start: of a new folder, too.</summary>
    private const int CutStarts = 4;

    /// <summary>Moments of a start that are killed reach beyond its usual length: tenants are read at the first request.</summary>
    private const double BeyondStart = 1.4;

    /// <summary>A start, a load of random length, a fault.</summary>
    public async Task RunAsync(FaultKind fault, CancellationToken ct)
    {
        for (var kills = fault == FaultKind.RecoveryKill ? world.Chance.Next(1, StartKillsMax + 1) : 0; kills > 0; kills--)
        {
            await EndStartAsync(server => KillAsync(server, FaultKind.RecoveryKill), ct);
        }

        if (fault == FaultKind.PowerCut && !world.IsControl && world.Chance.Next(CutStarts) == 0)
        {
            await EndStartAsync(server => CutPowerAsync(server, ct), ct);
            await world.Disk.RemountAsync();
        }

        await using var server = await world.StartAsync(ct);
        using var crowd = new Crowd(world, server);
        var answers = world.Chance.Next(AnswersMin, world.Chance.Next(LongLoads) == 0 ? LongAnswersMax : AnswersMax);
        if (!await crowd.SeeAsync(Math.Max(answers, world.IsControl ? ControlAnswersMin : 0), static _ => true, ct))
        {
            world.History.Add(new Complained($"All clients lost the server, which nothing was done to. {server.Said}"));
            await crowd.EndAsync();
            world.Check();
            return;
        }

        // A start is compacting for the first time longer than most loads last: every other one waits for that.
        if (world.Administrator is not null && world.Chance.Next(2) == 0)
        {
            await crowd.SeeAsync(1, static e => e is Compacted, ct);
        }

        await Task.Delay(world.Chance.Next(LongestDelayMs), ct);
        await (fault switch
        {
            FaultKind.Kill or FaultKind.RecoveryKill => KillAsync(server, crowd),
            FaultKind.Stop => StopAsync(server, crowd, ct),
            FaultKind.PowerCut => CutPowerAsync(server, crowd, ct),
            FaultKind.DiskFull => new FullDisk(world, server, crowd, Strike).RunAsync(ct),
            _ => throw new UnreachableException(),
        });
    }

    private void Strike(FaultKind fault)
    {
        world.History.Add(new Struck(fault.ToString()));
        struck(fault);
    }

    private async Task KillAsync(ServerProcess server, Crowd crowd)
    {
        await KillAsync(server, FaultKind.Kill);
        await crowd.EndAsync();
    }

    private Task KillAsync(ServerProcess server, FaultKind kind)
    {
        Strike(kind);
        return server.KillAsync();
    }

    private async Task StopAsync(ServerProcess server, Crowd crowd, CancellationToken ct)
    {
        Strike(FaultKind.Stop);
        await world.StopAsync(server, ct);
        await crowd.EndAsync();
        world.Count();
    }

    private async Task CutPowerAsync(ServerProcess server, Crowd crowd, CancellationToken ct)
    {
        await CutPowerAsync(server, ct);
        await crowd.EndAsync();
        await world.Disk.RemountAsync();
    }

    private async Task CutPowerAsync(ServerProcess server, CancellationToken ct)
    {
        // No thread may be on its way to an acknowledgement when the disk goes.
        await server.FreezeAsync(ct);
        Strike(FaultKind.PowerCut);
        world.Disk.CutPower();
        await server.KillAsync();
    }

    /// <summary>A start that ends at some moment, with clients at work once it listens.</summary>
    private async Task EndStartAsync(Func<ServerProcess, Task> end, CancellationToken ct)
    {
        await using var server = world.Launch();
        var working = WorkOnceItListensAsync(server);
        await Task.Delay(world.StartTime * (world.Chance.NextDouble() * BeyondStart), ct);
        await end(server);
        await working;
    }

    private async Task WorkOnceItListensAsync(ServerProcess server)
    {
        try
        {
            await server.ListenAsync(CancellationToken.None);
        }
        catch (InvalidOperationException)
        {
            // It was killed before.
            return;
        }

        using var crowd = new Crowd(world, server);
        await crowd.EndAsync();
    }
}
