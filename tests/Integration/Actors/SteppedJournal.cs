using HeliosSync.Actors;
using HeliosSync.Actors.Journal;
using HeliosSync.Actors.Tenants;
using HeliosSync.Domain;

namespace HeliosSync.Integration.Actors;

/// <summary>Makes one event durable at a time, when it is told to, and notes who was answered what.</summary>
internal sealed class SteppedJournal : ITenantOutlet<string>
{
    private readonly Queue<(bool IsWrite, Action Then)> _waiting = new();
    private readonly List<(string To, object Answer)> _answers = [];
    private long _sequence;

    /// <summary>What is durable.</summary>
    public List<JournalEvent> Stored { get; } = [];

    /// <summary>Writes that are not durable yet.</summary>
    public int Writes => _waiting.Count(static w => w.IsWrite);

    /// <summary>Whose streams and beats were ended, and why.</summary>
    public List<(string Client, ForgetReason Reason)> Ended { get; } = [];

    public IReadOnlyList<string> Answered => [.. _answers.Select(a => a.To)];

    public object AnswerTo(string caller) => Assert.Single(_answers, a => a.To == caller).Answer;

    /// <summary>The next event is durable; what waited behind it, and before the one after it, goes on.</summary>
    public void WriteNext()
    {
        do
        {
            _waiting.Dequeue().Then();
        }
        while (_waiting.TryPeek(out var next) && !next.IsWrite);
    }

    /// <summary>Everything that waits goes on, also what comes of it.</summary>
    public void WriteAll()
    {
        while (_waiting.Count > 0)
        {
            WriteNext();
        }
    }

    /// <summary>What was said before is of no interest.</summary>
    public void ForgetAnswers() => _answers.Clear();

    /// <summary>The event that was handed over last.</summary>
    public JournalEvent Unwritten { get; private set; } = null!;

    public void Persist(JournalEvent e, Action<long> stored)
    {
        Unwritten = e;
        _waiting.Enqueue((true, Write));

        void Write()
        {
            Stored.Add(e);
            stored(++_sequence);
        }
    }

    public void Defer(Action then)
    {
        if (_waiting.Count > 0)
        {
            _waiting.Enqueue((false, then));
        }
        else
        {
            then();
        }
    }

    public void Answer(string to, object answer) => _answers.Add((to, answer));

    public void Beat(ClientId client, long headLsn, string to) => Answer(to, new HeartbeatReply(headLsn));

    public void Open(OpenStream stream, StreamOpened answer, string to) => Answer(to, answer);

    /// <summary>Clients that are live.</summary>
    public HashSet<ClientId> Live { get; } = [];

    public bool IsLive(ClientId client) => Live.Contains(client);

    public void End(ClientId client, ForgetReason reason) => Ended.Add((client.Value, reason));

    public void Save(StoredSnapshot snapshot)
    {
    }

    public bool Stopped { get; private set; }

    public void Stop() => Stopped = true;
}
