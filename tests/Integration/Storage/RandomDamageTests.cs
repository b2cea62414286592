using System.Globalization;
using HeliosSync.Actors;
using HeliosSync.Integration.Actors;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit.Abstractions;

namespace HeliosSync.Integration.Storage;

/// <summary>
/// Damages the files of a stopped server at random, starts it, and asks for everything. It answers with the truth, or says that its
/// storage is unavailable, or does not start and says why. A seed is one damage; <c>STORAGE_SEEDS</c> sets how many there are.
/// </summary>
public sealed class RandomDamageTests(ITestOutputHelper output)
{
    private const int SeedsUsual = 60;

    [Fact]
    public async Task Whatever_happens_to_the_files_nothing_but_the_truth_is_served()
    {
        var asked = Environment.GetEnvironmentVariable("STORAGE_SEEDS");
        var seeds = int.TryParse(asked, CultureInfo.InvariantCulture, out var n) ? n : SeedsUsual;
        await using var rig = new ServerRig(static o => o with { SnapshotEvents = 10, TailBytesPerTenant = 0 });
        var truth = await StoredTruth.FillAsync(rig, 24);
        await rig.SnapshotIsKeptAsync();
        await rig.Server.DisposeAsync();
        var files = new[] { "heliossync.db", "snapshots.db", "heliossync.lock" }
            .ToDictionary(static f => f, f => File.ReadAllBytes(Path.Combine(rig.DataDir, f)));
        var (refused, harmless, unavailable) = (0, 0, 0);
        for (var seed = 1; seed <= seeds; seed++)
        {
            var folder = Directory.CreateTempSubdirectory("heliossync-").FullName;
            var damage = Damage(new Random(seed), files, folder);
            try
            {
                var before = truth.Unavailable;
                var started = await HoldsAsync(folder, truth, rig).WaitAsync(TimeSpan.FromMinutes(1));
                _ = !started ? refused++ : truth.Unavailable > before ? unavailable++ : harmless++;
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Seed {seed}, {damage}: {e.Message}", e);
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        output.WriteLine($"{seeds} seeds: {refused} refused at the start, {unavailable} with answers 503, {harmless} without harm; "
            + $"{truth.Served} answers with the truth, {truth.Unavailable} with 503.");
        Assert.True(refused > 0 && harmless > 0);
    }

    /// <summary>False where it does not start and says why, in one sentence.</summary>
    private static async Task<bool> HoldsAsync(string folder, StoredTruth truth, ServerRig rig)
    {
        var options = new SyncServerOptions
        {
            DataDir = folder,
            TailBytesPerTenant = 0,
            AnswerTimeout = Timeout.InfiniteTimeSpan,
            FailedPauseMax = TimeSpan.FromMilliseconds(110),
        };
        SyncServer server;
        try
        {
            server = SyncServer.Start(options, TimeProvider.System, NullLoggerFactory.Instance);
        }
        catch (StartupException e)
        {
            Assert.DoesNotContain('\n', e.Message);
            return false;
        }

        await using (server)
        {
            await truth.HoldsAsync(server, rig);
        }

        return true;
    }

    /// <summary>Puts the files into a folder with one thing wrong; says what.</summary>
    private static string Damage(Random random, Dictionary<string, byte[]> files, string folder)
    {
        var name = random.Next(4) == 0 ? "snapshots.db" : "heliossync.db";
        var bytes = files[name].ToArray();
        var at = random.Next(bytes.Length);
        var page = at / 4_096 * 4_096;
        var kind = random.Next(10);
        switch (kind)
        {
            case <= 5:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 6:
                random.NextBytes(bytes.AsSpan(at, Math.Min(random.Next(1, 64), bytes.Length - at)));
                break;
            case 7:
                bytes.AsSpan(page, 4_096).Clear();
                break;
            case 8:
                bytes.AsSpan(random.Next(bytes.Length / 4_096) * 4_096, 4_096).CopyTo(bytes.AsSpan(page));
                break;
            default:
                bytes = bytes[..at];
                break;
        }

        foreach (var (file, content) in files)
        {
            File.WriteAllBytes(Path.Combine(folder, file), file == name ? bytes : content);
        }

        return $"{name}, kind {kind} at {at}";
    }
}
