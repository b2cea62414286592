using HeliosSync.Crash.History;
using HeliosSync.Load.Clients;

namespace HeliosSync.Crash.Clients;

/// <summary>
/// A client of a server that may end at any moment. It keeps a push until it has an outcome and repeats it unchanged; now and then it
/// repeats one that has its outcome; it pulls, and keeps its half-read pulls over restarts. It stores the highest position that any
/// answer gave it, as a naive client does; and it settles conflicts that it finds in the log.
/// </summary>
internal sealed class CrashClient(
    string tenant, string name, string token, HistoryFile history, Random random, bool settlesByWord)
{
    /// <summary>The server remembers 256 message ids of a client (protocol 4.3); repeats under older ones may end otherwise.</summary>
    private const int Remembered = 200;

    private const int RetryPercent = 30;
    private const int PullPercent = 15;
    private const int SettlePercent = 5;

    private const string AlreadySettled = "ALREADY_SETTLED";

    /// <summary>Before it comes again to a server that cannot write; shorter than Retry-After asks for, so that a run gets on.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly Workload _workload = new(tenant, name, random);
    private readonly List<PendingPush> _answered = [];
    private readonly Dictionary<(string? Table, bool ExcludeOwn), Reading> _readings = [];
    private PendingPush? _pending;
    private string? _serverNode;
    private long _position;

    public string Tenant => tenant;

    /// <summary>Whether a push of it waits for its outcome.</summary>
    public bool Waits => _pending is not null;

    /// <summary>
    /// Works until the server is gone or <paramref name="stop"/> says so; whatever is pending comes first. Calls
    /// <paramref name="answered"/> with each answer.
    /// </summary>
    public async Task RunAsync(HttpClient http, Action<Entry> answered, CancellationToken stop)
    {
        var wire = new SyncClient(http, name, token);
        var goesOn = (_serverNode is not null && random.Next(4) != 0) || await RegisterAsync(wire, answered);
        while (goesOn && !stop.IsCancellationRequested)
        {
            goesOn = await StepAsync(wire, answered);
        }
    }

    /// <summary>Gets the outcome of what is pending; whether it has it, or nothing was pending.</summary>
    public async Task<bool> SettleAsync(HttpClient http, Action<Entry> answered, CancellationToken ct)
    {
        var wire = new SyncClient(http, name, token);
        while (_pending is not null && !ct.IsCancellationRequested)
        {
            if (!await PushAsync(wire, _pending, answered))
            {
                return false;
            }
        }

        return _pending is null;
    }

    private Task<bool> StepAsync(SyncClient wire, Action<Entry> answered)
    {
        var dice = random.Next(100);
        if (_pending is null && dice < RetryPercent && _answered.Count > 0)
        {
            return PushAsync(wire, _answered[random.Next(_answered.Count)], answered);
        }

        if (_pending is null && dice < RetryPercent + PullPercent)
        {
            return PullAsync(wire, answered);
        }

        return _pending is null && dice < RetryPercent + PullPercent + SettlePercent
            ? SettleConflictAsync(wire, answered)
            : PushAsync(wire, answered);
    }

    private Task<bool> PushAsync(SyncClient wire, Action<Entry> answered)
    {
        var again = _pending is not null;
        var push = _pending ??= _workload.Next(_serverNode, _position);
        // A network may deliver a push twice at once, too. The first may be answered before the second is sent.
        return !again && random.Next(20) == 0
            ? BothAsync(PushAsync(wire, push, answered), PushAsync(wire, push, answered))
            : PushAsync(wire, push, answered);
    }

    private async Task<bool> RegisterAsync(SyncClient wire, Action<Entry> answered)
    {
        while (true)
        {
            var call = history.NewCall();
            history.Add(new RegisterSent(call, tenant, name));
            var answer = await wire.PostAsync("register", Bodies.Register(name, _position), CancellationToken.None);
            var entry = Answers.OfRegister(call, answer, ref _serverNode);
            if (entry is RegisterAnswered registered)
            {
                _position = Math.Max(_position, registered.ServerLsn);
            }

            if (!await NoteAsync(entry, answered) || entry is RegisterAnswered)
            {
                return entry is RegisterAnswered;
            }
        }
    }

    /// <summary>Sends a push; whether the server is still there.</summary>
    private async Task<bool> PushAsync(SyncClient wire, PendingPush push, Action<Entry> answered)
    {
        var call = history.NewCall();
        history.Add(push.What with { Call = call });
        var entry = Answers.OfPush(call, await wire.PostAsync(push.Path, push.Body, CancellationToken.None));
        if (entry is PushAnswered outcome)
        {
            _position = Math.Max(_position, outcome.ServerLsn);
            _workload.Learn(push.What, outcome);
            if (_pending == push)
            {
                _pending = null;
                _answered.Add(push);
                _answered.RemoveRange(0, Math.Max(0, _answered.Count - Remembered));
            }
        }

        if (entry is Refused { Code: AlreadySettled } && _pending == push)
        {
            _pending = null;
        }

        return await NoteAsync(entry, answered);
    }

    /// <summary>Looks for an open conflict, and settles it by a change or by a word; whether the server is still there.</summary>
    private async Task<bool> SettleConflictAsync(SyncClient wire, Action<Entry> answered)
    {
        var answer = await wire.GetAsync(ConflictPage.After(0, "open"), CancellationToken.None);
        if (!answer.Ok)
        {
            return await IsThereAsync(answer);
        }

        var open = ConflictPage.Open(answer);
        if (open.Count == 0)
        {
            return true;
        }

        var conflict = open[random.Next(open.Count)];
        if (!settlesByWord || random.Next(3) != 0)
        {
            _pending = _workload.Settle(conflict);
            return await PushAsync(wire, answered);
        }

        answer = await wire.PostAsync(ConflictPage.Resolve(conflict.Id), Bodies.KeepServer(), CancellationToken.None);
        if (answer.Ok || answer.ErrorCode() == AlreadySettled)
        {
            history.Add(new ToldSettled(tenant, conflict.Id));
            return true;
        }

        return await IsThereAsync(answer);
    }

    /// <summary>Of a request that the history does not have: whether to go on.</summary>
    private async Task<bool> IsThereAsync(Answer answer)
    {
        if (answer.Status is not (0 or 503))
        {
            history.Add(new Complained($"{name} was answered {answer.Status} {answer.ErrorCode()} about a conflict"));
        }

        await Task.Delay(answer.Status == 503 ? Pause : TimeSpan.Zero);
        return answer.Status == 503;
    }

    private async Task<bool> PullAsync(SyncClient wire, Action<Entry> answered)
    {
        var table = random.Next(4) == 0 ? Workload.Tables[0] : null;
        var excludeOwn = random.Next(4) == 0;
        if (!_readings.TryGetValue((table, excludeOwn), out var reading))
        {
            _readings.Add((table, excludeOwn), reading = new Reading());
        }

        if (reading.Token is null)
        {
            // A position for one filter is good for that filter only (protocol 4.2).
            reading.Since = reading.After = table is null ? _position : reading.After;
        }

        var call = history.NewCall();
        history.Add(new PullSent(call, tenant, name, reading.After, table, excludeOwn));
        var body = Bodies.Pull(name, reading.Since, random.Next(1, 60), reading.Token, table, excludeOwn);
        var entry = Answers.OfPull(call, await wire.PostAsync("pull", body, CancellationToken.None), out var next);
        if (entry is PullAnswered page)
        {
            (reading.Token, reading.After) = (next, page.ServerLsn);
            _workload.Learn(page.Changes);
            _position = table is null ? Math.Max(_position, page.ServerLsn) : _position;
        }

        return await NoteAsync(entry, answered);
    }

    private async Task<bool> NoteAsync(Entry entry, Action<Entry> answered)
    {
        history.Add(entry);
        answered(entry);
        switch (entry)
        {
            case Unanswered:
                return false;
            case Refused { Status: 503 }:
                await Task.Delay(Pause);
                return true;
            case Refused { Code: AlreadySettled }:
                return true;
            case Refused:
                // The checker says what it thinks of it; going on would ask the same for ever.
                return false;
            default:
                return true;
        }
    }

    private static async Task<bool> BothAsync(Task<bool> one, Task<bool> other) => await one & await other;

    /// <summary>A pull that may be half-read.</summary>
    private sealed class Reading
    {
        public long Since { get; set; }

        public long After { get; set; }

        public string? Token { get; set; }
    }
}
