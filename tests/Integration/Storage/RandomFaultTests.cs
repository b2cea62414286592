using System.IO.Hashing;
using System.Text;
using HeliosSync.Actors;
using HeliosSync.Codec;
using HeliosSync.Domain;
using HeliosSync.Integration.Actors;

namespace HeliosSync.Integration.Storage;

/// <summary>
/// 64 clients of five tenants push while the storage fails, rejects and hangs at random. In the end every acknowledged push is there
/// once, and a repeat has the same outcome. The faults of a seed are the same in every run; how they meet the pushes is not.
/// </summary>
public sealed class RandomFaultTests
{
    private const int Clients = 64;
    private const int Tenants = 5;
    private const int PushesEach = 6;

    private static readonly StorageFault[] OfWrites =
        [StorageFault.FailBefore, StorageFault.FailAfter, StorageFault.Reject, StorageFault.HangBefore, StorageFault.HangAfter];

    private static readonly StorageFault[] OfOthers = [StorageFault.FailBefore, StorageFault.FailAfter, StorageFault.HangBefore];

    [Theory(Timeout = 120_000)]
    [InlineData(JournalPlugin.Sqlite, 1)]
    [InlineData(JournalPlugin.Sqlite, 2)]
    [InlineData(JournalPlugin.AkkaPersistenceSql, 1)]
    public async Task What_was_acknowledged_amid_random_faults_is_there_once(JournalPlugin journal, int seed)
    {
        var faults = new StorageFaults();
        await using var rig = new ServerRig(
            o => o with
            {
                Journal = journal,
                FailedPauseMax = TimeSpan.FromMilliseconds(110),
                SnapshotEvents = 20,
                TailBytesPerTenant = 2_000,
            },
            faults.Plugins(TimeSpan.FromMilliseconds(400)));
        var clients = Enumerable.Range(0, Clients).Select(n => new Client(rig, n)).ToArray();
        await Task.WhenAll(clients.Select(static c => c.RegisterAsync()));
        faults.Plan = (call, id, n) => PlanOf(new Random(HashOf(seed, call, id, n)), call);
        var pushing = Task.WhenAll(clients.Select(static c => c.PushAsync()));
        while (!pushing.IsCompleted)
        {
            // What hangs goes on at some time, mostly after it was given up.
            await Task.WhenAny(pushing, Task.Delay(300));
            faults.Release();
        }

        await pushing;
        faults.Plan = static (_, _, _) => StorageFault.None;
        foreach (var fault in OfWrites)
        {
            Assert.True(faults.Met(fault) > 0, $"No call met {fault}.");
        }

        await HoldsAsync(rig, clients);
        await rig.RestartAsync();
        await HoldsAsync(rig, clients);
    }

    /// <summary>A push of two rows: one of the client's own, and one that the clients of the tenant fight over.</summary>
    private static Push Next(ServerRig rig, string client, int n) => rig.Inserts(
        client, Guid.NewGuid(), ((2 * n) + 1, $"{client}-{n}", $"{client} {n}"), ((2 * n) + 2, $"shared-{n}", $"{client} {n}"));

    private static StorageFault PlanOf(Random random, StorageCall call) => (call, random.Next(100)) switch
    {
        (StorageCall.Write, < 40) => OfWrites[random.Next(OfWrites.Length)],
        (StorageCall.Write, _) or (_, >= 10) => StorageFault.None,
        _ => OfOthers[random.Next(OfOthers.Length)],
    };

    /// <summary>The same in every process, which the runtime's own hash codes are not.</summary>
    private static int HashOf(int seed, StorageCall call, string id, int n) =>
        (int)Crc32.HashToUInt32(Encoding.UTF8.GetBytes($"{seed} {call} {id} {n}"));

    private static async Task HoldsAsync(ServerRig rig, Client[] clients)
    {
        foreach (var ofTenant in clients.GroupBy(static c => c.Tenant))
        {
            foreach (var client in ofTenant)
            {
                await client.RepeatsAreTheSameAsync();
            }

            var pulled = await rig.PullAllAsync(ofTenant.Key, ofTenant.First().Name);
            Assert.Equal(Enumerable.Range(1, pulled.Count).Select(static n => (long)n), pulled.Select(static c => c.Lsn));
            var accepted = ofTenant.SelectMany(static c => c.Accepted).OrderBy(static c => c.Lsn);
            Assert.Equal(accepted, pulled);
            Assert.Equal(PushesEach, pulled.Count(static c => c.Key.StartsWith("shared-", StringComparison.Ordinal)));
        }
    }

    private sealed class Client(ServerRig rig, int n)
    {
        private readonly List<(Push Push, byte[] Outcome)> _answered = [];

        public string Tenant { get; } = $"t{n % Tenants}";

        public string Name { get; } = $"c{n}";

        /// <summary>What this client was told that it is stored.</summary>
        public IEnumerable<(long Lsn, string Key, string Data)> Accepted => _answered.SelectMany(static a => Changes(a.Outcome));

        /// <summary>More than once where the machine is too slow for the short timeouts.</summary>
        public async Task RegisterAsync()
        {
            while ((await rig.RegisterAsync(Tenant, Name)).Refusal is not null)
            {
                await Task.Delay(20);
            }
        }

        public async Task PushAsync()
        {
            for (var i = 0; i < PushesEach; i++)
            {
                var push = Next(rig, Name, i);
                var (refusal, reply) = await rig.UntilStoredAsync(Tenant, push);
                Assert.Null(refusal);
                _answered.Add((push, reply!.Event.ToArray()));
            }
        }

        public async Task RepeatsAreTheSameAsync()
        {
            foreach (var (push, outcome) in _answered)
            {
                var (refusal, reply) = await rig.UntilStoredAsync(Tenant, push);
                Assert.Null(refusal);
                Assert.Equal(outcome, reply!.Event.ToArray());
            }
        }

        private static List<(long Lsn, string Key, string Data)> Changes(byte[] outcome)
        {
            var changes = new List<(long Lsn, string Key, string Data)>();
            foreach (var change in new PushedView(outcome).Accepted())
            {
                changes.Add((change.Lsn, Encoding.UTF8.GetString(change.Key.Span), Encoding.UTF8.GetString(change.Data.Span)));
            }

            return changes;
        }
    }
}
