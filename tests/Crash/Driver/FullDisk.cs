using HeliosSync.Crash.Faults;
using HeliosSync.Crash.History;
using HeliosSync.Load.Server;

namespace HeliosSync.Crash.Driver;

/// <summary>
/// The disk fills up under load. The server must say so, in the answers and in its readiness, and nothing else: it goes on as soon as
/// there is room, without a restart. Now and then it is killed or stopped meanwhile.
/// </summary>
internal sealed class FullDisk(World world, ServerProcess server, Crowd crowd, Action<FaultKind> strike)
{
    private const int RefusalsSeen = 3;
    private const int LittleRoomMax = 12;

    /// <summary>The server looks at its disk once a second at most.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    /// <summary>Only so that a run that is stuck ends.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public async Task RunAsync(CancellationToken ct)
    {
        strike(FaultKind.DiskFull);
        var refusals = crowd.SeeAsync(RefusalsSeen, static e => e is Refused { Status: 503, Code: "STORAGE_UNAVAILABLE" }, ct);
        await FillUntilAsync(() => Task.FromResult(refusals.IsCompleted), "no push was refused with STORAGE_UNAVAILABLE", ct);
        await FillUntilAsync(() => SaysAsync("health/ready", 503, "STORAGE_UNAVAILABLE", ct), "health/ready did not turn to 503", ct);
        Expect(await SaysAsync("health/live", 200, null, ct), "health/live is not 200 while the disk is full");
        if (world.Chance.Next(2) == 0)
        {
            world.Disk.GiveBack(world.Chance.Next(LittleRoomMax));
            await crowd.SeeAsync(world.Clients.Count, static _ => true, ct);
        }

        switch (world.Chance.Next(5))
        {
            case 0:
                await KillAsync();
                await StartWithoutRoomAsync(ct);
                world.Disk.Free();
                break;
            case 1:
                await StopAsync(ct);
                world.Disk.Free();
                break;
            default:
                await RecoverAsync(ct);
                await KillAsync();
                break;
        }
    }

    private async Task RecoverAsync(CancellationToken ct)
    {
        world.Disk.Free();
        var pushes = await crowd.SeeAsync(world.Clients.Count * 2, static e => e is PushAnswered, ct);
        Expect(pushes, "there is room again, and pushes are not answered");
        var deadline = DateTime.UtcNow + Patience;
        while (!await SaysAsync("health/ready", 200, null, ct))
        {
            if (DateTime.UtcNow > deadline)
            {
                Expect(false, "there is room again, and health/ready did not turn to 200");
                return;
            }

            await Task.Delay(Look, ct);
        }
    }

    /// <summary>A start without room either works or says in a sentence why it does not; it may not do harm.</summary>
    private async Task StartWithoutRoomAsync(CancellationToken ct)
    {
        await using var other = world.Launch();
        try
        {
            await other.ListenAsync(ct);
            await other.KillAsync();
        }
        catch (InvalidOperationException)
        {
            var code = await other.EndAsync(ct);
            Expect(code == 2, $"a start without room ended with exit code {code}. {other.Said}");
        }
    }

    private async Task KillAsync()
    {
        strike(FaultKind.Kill);
        await server.KillAsync();
        await crowd.EndAsync();
    }

    private async Task StopAsync(CancellationToken ct)
    {
        strike(FaultKind.Stop);
        await world.StopAsync(server, ct);
        await crowd.EndAsync();
    }

    /// <summary>Whatever room comes free is taken again, until it is so.</summary>
    private async Task FillUntilAsync(Func<Task<bool>> so, string otherwise, CancellationToken ct)
    {
        var deadline = DateTime.UtcNow + Patience;
        do
        {
            world.Disk.Fill();
            await Task.Delay(Look, ct);
        }
        while (!await so() && DateTime.UtcNow < deadline);
        Expect(await so(), $"the disk is full, and {otherwise}");
    }

    private async Task<bool> SaysAsync(string path, int status, string? code, CancellationToken ct) =>
        await ServerHealth.ProbeAsync(crowd.Http, path, ct) == (status, code);

    private void Expect(bool holds, string otherwise)
    {
        if (!holds)
        {
            world.History.Add(new Complained(otherwise));
        }
    }
}
