using System.Collections.Immutable;
using System.Text;
using Akka.Actor;
using Akka.Persistence;
using HeliosSync.Actors;
using HeliosSync.Actors.Journal;
using HeliosSync.Actors.Wiring;
using HeliosSync.Codec;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace HeliosSync.Integration.Storage;

/// <summary>What became of an event that was to be written.</summary>
public enum Written
{
    /// <summary>It is durable.</summary>
    Stored,

    /// <summary>It failed, or may have been stored.</summary>
    Failed,

    /// <summary>It was refused, and is not stored.</summary>
    Rejected,

    /// <summary>It was not to be stored.</summary>
    Deferred,
}

/// <summary>What a replay brought.</summary>
internal sealed record Replayed(IReadOnlyList<(long Sequence, JournalEvent Event)> Events, long Highest, Exception? Failure);

/// <summary>A journal's plugin as the server wires it, without a server: spoken to as persistent actors speak to it.</summary>
internal sealed class JournalRig : IAsyncDisposable
{
    private const string Manifest = "pushed/1";

    private readonly JournalFiles _files;
    private readonly JournalReader _reader;
    private readonly ActorSystem _system;
    private readonly bool _ownsFolder;
    private bool _stopped;

    public JournalRig(
        JournalPlugin plugin, string? dataDir = null, long bytesMax = 1_000_000_000, int writesMax = JournalWriter.WritesMax)
    {
        _ownsFolder = dataDir is null;
        DataDir = dataDir ?? Directory.CreateTempSubdirectory("heliossync-").FullName;
        _files = JournalFiles.Open(DataDir, unsafeSynchronousOff: false, TimeProvider.System);
        _reader = new JournalReader(_files.Journal);
        Writer = new JournalWriter(_files, Threads.Writes, bytesMax, writesMax);
        var setup = plugin == JournalPlugin.Sqlite ? new SqliteJournalSetup(Writer, _reader, Threads.Journal, TimeProvider.System) : null;
        _system = AkkaWiring.Start(_files, Threads, Work, new KeyedHash(_files.HashKey), NullLoggerFactory.Instance, setup);
        Journal = Persistence.Instance.Apply(_system).JournalFor(null);
    }

    public string DataDir { get; }

    public JournalThreads Threads { get; } = new();

    /// <summary>Where its actors run.</summary>
    public Work Work { get; } = new(new ManualTime());

    /// <summary>The writer of the journal of our own.</summary>
    public JournalWriter Writer { get; }

    /// <summary>The plugin.</summary>
    public IActorRef Journal { get; }

    /// <summary>The event of that tenant with that number.</summary>
    public static JournalEvent Event(string id, long sequence, int bytes = 0)
    {
        var text = Encoding.UTF8.GetBytes($"{id} {sequence}");
        Array.Resize(ref text, Math.Max(text.Length, bytes));
        return new JournalEvent(Manifest, text);
    }

    /// <summary>Events that are written together or not at all.</summary>
    public static AtomicWrite Atomic(string id, params (long Sequence, object Payload)[] events) => new(
        events.Select(IPersistentRepresentation (e) => new Persistent(e.Payload, e.Sequence, id, "", false, ActorRefs.NoSender, "w"))
            .ToImmutableList());

    /// <summary>What is not to be stored, only to be told in its place.</summary>
    public static IPersistentEnvelope Deferred() => new DeferredMessage("deferred", ActorRefs.Nobody, 1);

    /// <summary>Each event by itself, all of them asked for at once.</summary>
    public Task<Written[]> WriteAsync(string id, params long[] sequences) =>
        WriteAsync([.. sequences.Select(s => Atomic(id, (s, Event(id, s))))]);

    /// <summary>One request; completes when there is a word on each of its events.</summary>
    public Task<Written[]> WriteAsync(params IPersistentEnvelope[] writes)
    {
        var done = new TaskCompletionSource<Written[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        var count = writes.Sum(static w => w.Size);
        var actor = _system.ActorOf(Props.Create(() => new WriteActor(count, done)));
        Journal.Tell(new WriteMessages(writes, actor, 1), actor);
        return done.Task;
    }

    /// <summary>One request; all that its actor is told of it, in order.</summary>
    public Task<IReadOnlyList<object>> AnswersAsync(params IPersistentEnvelope[] writes)
    {
        var done = new TaskCompletionSource<IReadOnlyList<object>>(TaskCreationOptions.RunContinuationsAsynchronously);
        var count = writes.Sum(static w => w.Size) + 1;
        var actor = _system.ActorOf(Props.Create(() => new AnswersActor(count, done)));
        Journal.Tell(new WriteMessages(writes, actor, 1), actor);
        return done.Task;
    }

    /// <summary>As a recovery asks for it.</summary>
    public Task<Replayed> ReplayAsync(string id, long from = 1, long to = long.MaxValue, long max = long.MaxValue) =>
        ReplayAsync(id, static e => e.Taken?.Invoke(), from, to, max);

    /// <summary>As a recovery asks for it; with what an actor does with each event.</summary>
    public Task<Replayed> ReplayAsync(
        string id, Action<JournalEvent> take, long from = 1, long to = long.MaxValue, long max = long.MaxValue)
    {
        var done = new TaskCompletionSource<Replayed>(TaskCreationOptions.RunContinuationsAsynchronously);
        var actor = _system.ActorOf(Props.Create(() => new ReplayActor(take, done)));
        Journal.Tell(new ReplayMessages(from, to, max, id, actor), actor);
        return done.Task;
    }

    /// <summary>The numbers of a tenant's events, each found to be the event that was written.</summary>
    public async Task<IReadOnlyList<long>> SequencesAsync(string id)
    {
        var replayed = await ReplayAsync(id);
        Assert.Null(replayed.Failure);
        Assert.All(replayed.Events, e => Assert.Equal(Event(id, e.Sequence, e.Event.Bytes.Length).Bytes, e.Event.Bytes));
        Assert.All(replayed.Events, e => Assert.Equal(Manifest, e.Event.Manifest));
        return [.. replayed.Events.Select(static e => e.Sequence)];
    }

    /// <summary>All that was asked before has been taken by the plugin.</summary>
    public Task TakenAsync() => Journal.Ask<ActorIdentity>(new Identify(null));

    /// <summary>The name of the thread that an actor runs on now.</summary>
    public Task<string> ActorThreadAsync() => _system.ActorOf(Props.Create(static () => new ThreadActor())).Ask<string>("");

    /// <inheritdoc cref="HeliosSync.Integration.Actors.ServerRig.Sql"/>
    public long Sql(string sql)
    {
        using var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar() as long? ?? 0;
    }

    /// <summary>Takes the journal's write lock, so that whatever is written waits until it is given back.</summary>
    public IDisposable HoldWrites()
    {
        var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText = "BEGIN IMMEDIATE";
        command.ExecuteNonQuery();
        return connection;
    }

    /// <summary>Commits in the write-ahead log, which is not cut in so short a life: frames that say how large the database is.</summary>
    public int Commits()
    {
        var log = File.ReadAllBytes(Path.Combine(DataDir, "heliossync.db-wal"));
        var commits = 0;
        for (var at = 32; at + 24 + 4_096 <= log.Length && log.AsSpan(at + 8, 8).SequenceEqual(log.AsSpan(16, 8)); at += 24 + 4_096)
        {
            commits += log.AsSpan(at + 4, 4).ContainsAnyExcept((byte)0) ? 1 : 0;
        }

        return commits;
    }

    /// <summary>As the server stops.</summary>
    public async Task StopAsync()
    {
        if (_stopped)
        {
            return;
        }

        _stopped = true;
        await _system.Terminate();
        _system.Dispose();
        Work.Dispose();
        Threads.Dispose();
        Writer.Dispose();
        _reader.Dispose();
        _files.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (_ownsFolder)
        {
            Directory.Delete(DataDir, recursive: true);
        }
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection($"Data Source={Path.Combine(DataDir, "heliossync.db")};Pooling=False");
        connection.Open();
        return connection;
    }

    private sealed record DeferredMessage(object Payload, IActorRef Sender, int Size) : IPersistentEnvelope;

    private sealed class ThreadActor : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            Sender.Tell(Thread.CurrentThread.Name ?? "");
            Context.Stop(Self);
        }
    }

    private sealed class AnswersActor(int count, TaskCompletionSource<IReadOnlyList<object>> done) : UntypedActor
    {
        private readonly List<object> _answers = [];

        protected override void OnReceive(object message)
        {
            _answers.Add(message);
            if (_answers.Count == count && done.TrySetResult(_answers))
            {
                Context.Stop(Self);
            }
        }
    }

    private sealed class WriteActor(int count, TaskCompletionSource<Written[]> done) : UntypedActor
    {
        private readonly List<Written> _written = [];

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case WriteMessageSuccess:
                    _written.Add(Written.Stored);
                    break;
                case WriteMessageFailure:
                    _written.Add(Written.Failed);
                    break;
                case WriteMessageRejected:
                    _written.Add(Written.Rejected);
                    break;
                case LoopMessageSuccess:
                    _written.Add(Written.Deferred);
                    break;
            }

            if (_written.Count == count && done.TrySetResult([.. _written]))
            {
                Context.Stop(Self);
            }
        }
    }

    private sealed class ReplayActor(Action<JournalEvent> take, TaskCompletionSource<Replayed> done) : UntypedActor
    {
        private readonly List<(long, JournalEvent)> _events = [];

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case ReplayedMessage { Persistent: var replayed }:
                    _events.Add((replayed.SequenceNr, (JournalEvent)replayed.Payload));
                    take((JournalEvent)replayed.Payload);
                    break;
                case RecoverySuccess success:
                    End(success.HighestSequenceNr, null);
                    break;
                case ReplayMessagesFailure failure:
                    End(0, failure.Cause);
                    break;
            }
        }

        private void End(long highest, Exception? failure)
        {
            done.TrySetResult(new Replayed(_events, highest, failure));
            Context.Stop(Self);
        }
    }
}
