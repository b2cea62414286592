using Akka.Actor;
using Akka.Persistence;
using Akka.Serialization;
using HeliosSync.Actors;
using HeliosSync.Actors.Journal;
using HeliosSync.Actors.Wiring;
using HeliosSync.Codec;
using HeliosSync.Domain;
using Microsoft.Extensions.Logging.Abstractions;

namespace HeliosSync.Integration.Storage;

/// <summary>To make a snapshot, or to read one, is work that no request waits for.</summary>
public sealed class SnapshotThreadTests : IAsyncLifetime
{
    private const string Spying = """
        akka.actor {
          serializers.spy = "HeliosSync.Integration.Storage.SnapshotThreadTests+SpySerializer, HeliosSync.Integration"
          serialization-bindings {
            "HeliosSync.Integration.Storage.SnapshotThreadTests+Spy, HeliosSync.Integration" = spy
          }
        }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("heliossync-").FullName;
    private readonly JournalThreads _threads = new();
    private readonly Work _work = new(TimeProvider.System);
    private readonly JournalFiles _files;
    private readonly ActorSystem _system;

    public SnapshotThreadTests()
    {
        _files = JournalFiles.Open(_folder, unsafeSynchronousOff: false, TimeProvider.System);
        _system = AkkaWiring.Start(
            _files, _threads, _work, new KeyedHash(_files.HashKey), NullLoggerFactory.Instance, null, new StoragePlugins(Spying, []));
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _system.Terminate();
        _work.Dispose();
        _threads.Dispose();
        _files.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task It_is_made_on_a_thread_that_gives_way_and_read_on_one_that_may_block()
    {
        var store = Persistence.Instance.Apply(_system).SnapshotStoreFor(null);
        var spy = new Spy();
        var state = new TenantSnapshot(Guid.NewGuid(), 0, 1, spy, [], [], [], []);
        var saved = new StoredSnapshot(new SnapshotEnvelope("tenant:a", 1, 0), state);
        await store.Ask<SaveSnapshotSuccess>(new SaveSnapshot(new SnapshotMetadata("tenant:a", 1, DateTime.UnixEpoch), saved));
        Assert.Equal("heliossync-snapshots", spy.Thread);
        Rename();
        var loaded = await store.Ask<LoadSnapshotResult>(
            new LoadSnapshot("tenant:a", new SnapshotSelectionCriteria(long.MaxValue), long.MaxValue));
        Assert.Equal("heliossync-journal", ((Spy)loaded.Snapshot!.Snapshot).Thread);
    }

    /// <summary>Has the stored snapshot read by a serializer that tells where it is.</summary>
    private void Rename()
    {
        using var connection = _files.OpenSnapshots();
        using var command = connection.CreateCommand();
        command.CommandText = "UPDATE snapshot SET serializer_id = 7999";
        Assert.Equal(1, command.ExecuteNonQuery());
    }

    /// <summary>The 19th field of a thread's line, behind its name, which may have spaces.</summary>
    [LinuxTheory]
    [InlineData(false, 0)]
    [InlineData(true, 7)]
    public async Task A_thread_that_gives_way_is_a_nicer_one(bool givesWay, int more)
    {
        var (here, there) = (Nice(), 0);
        using var threads = new BlockingThreads("test", 1, givesWay);
        await threads.RunAsync(() => there = Nice());
        Assert.Equal(more, there - here);

        static int Nice() => int.Parse(File.ReadAllText("/proc/thread-self/stat").Split(") ")[1].Split(' ')[16]);
    }

    /// <summary>Nodes that tell where they are made into bytes, or what was read from bytes out of them.</summary>
    internal sealed class Spy : IReadOnlyList<NodeState>
    {
        public string? Thread { get; set; }

        public int Count => 0;

        public NodeState this[int index] => throw new ArgumentOutOfRangeException(nameof(index));

        public IEnumerator<NodeState> GetEnumerator()
        {
            Thread = System.Threading.Thread.CurrentThread.Name;
            return Enumerable.Empty<NodeState>().GetEnumerator();
        }

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }

    /// <inheritdoc cref="Spy"/>
    internal sealed class SpySerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
    {
        public override int Identifier => 7_999;

        public override string Manifest(object o) => "spy";

        public override byte[] ToBinary(object obj) => throw new InvalidOperationException("Nothing is written by it.");

        public override object FromBinary(byte[] bytes, string manifest) => new Spy { Thread = Thread.CurrentThread.Name };
    }
}

/// <summary>A test of what Linux alone has.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LinuxTheoryAttribute : TheoryAttribute
{
    public LinuxTheoryAttribute()
    {
        if (!OperatingSystem.IsLinux())
        {
            Skip = "Niceness belongs to a thread on Linux alone.";
        }
    }
}
