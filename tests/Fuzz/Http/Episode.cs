using System.Diagnostics;

namespace HeliosSync.Fuzz.Http;

/// <summary>
/// One run of some hundred requests from one seed, in a tenant of its own: so a failing one is seen again by its seed alone. Good and bad
/// requests are mixed, one after the other, so that the state grows and the journal can be compared around each.
/// </summary>
internal sealed class Episode : IAsyncDisposable
{
    private const int Steps = 150;

    /// <summary>How long an answer to bytes that may be no whole request is waited for. Where it is too short, less is seen.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(150);

    private static readonly TimeSpan ReuseMax = TimeSpan.FromSeconds(20);

    private readonly FuzzServer _server;
    private readonly FuzzStats _stats;
    private readonly int _seed;
    private readonly Random _chance;
    private readonly string _tenant;
    private readonly Grammar _grammar;
    private readonly Defects _defects;
    private readonly Ledger _ledger;
    private readonly Actor[] _actors = [new("a"), new("b"), new("c:1.x_-")];
    private readonly Actor _stranger = new("stranger");
    private Wire? _wire;
    private long _used;
    private byte[] _last = [];
    private int _step;

    public Episode(FuzzServer server, FuzzStats stats, int seed)
    {
        (_server, _stats, _seed, _chance) = (server, stats, seed, new Random(seed));
        _tenant = $"fuzz-{seed}";
        _grammar = new Grammar(_chance, server.Tokens, _tenant);
        _defects = new Defects(_chance, server.Tokens, _tenant);
        _ledger = new Ledger(_tenant);
    }

    /// <summary>Runs it; throws <see cref="FuzzFailure"/> at the first thing that must not be.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        foreach (var actor in _actors)
        {
            await RegisterAsync(actor);
        }

        for (_step = 1; _step <= Steps && !ct.IsCancellationRequested; _step++)
        {
            await StepAsync();
            if (_server.Errors.Count > 0)
            {
                throw Failure($"The server's log has an error: {_server.Errors.First()}", _last);
            }
        }

        await AuditAsync();
    }

    /// <summary>
    /// Only requests that have to be refused, against what the episode left: nothing of them may stay in memory. Short ones, so that the
    /// pools of long arrays, which grow and shrink as they like, are left alone.
    /// </summary>
    public async Task StormAsync(int requests)
    {
        const int BytesMax = 4_096;
        while (requests > 0)
        {
            var plan = Bad(MakeGood());
            if (!plan.MustFail)
            {
                _defects.Spoil(plan, _actors[0]);
            }

            var bytes = plan.ToBytes(_chance);
            if (bytes.Length <= BytesMax)
            {
                requests--;
                await SendAsync(plan, bytes);
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        _wire?.Dispose();
        return ValueTask.CompletedTask;
    }

    private Task StepAsync() => _chance.Next(100) switch
    {
        < 35 => GoodAsync(),
        < 75 => SendAsync(Bad(MakeGood())),
        < 81 => PipelineAsync(),
        < 88 => BrokenAsync(_defects.BreakFraming(MakeGood()), framing: true),
        < 95 => MutatedAsync(),
        _ => AbortAsync(),
    };

    private Actor Anyone() => _chance.Next(12) == 0 ? _stranger : _actors[_chance.Next(_actors.Length)];

    private Plan MakeGood()
    {
        if (_chance.Next(12) == 0)
        {
            return _grammar.WithoutBody();
        }

        var actor = Anyone();
        var (endpoint, body, rows) = _grammar.Body(actor);
        var plan = _grammar.Around(actor, endpoint, body.ToBytes(_chance));
        plan.Rows.AddRange(rows);
        return plan;
    }

    /// <summary>The plan spoiled, or another whose body is.</summary>
    private Plan Bad(Plan plan)
    {
        if (plan.Body is null)
        {
            plan.Method = _chance.Next(2) == 0 ? "DELETE" : "POST";
            plan.Body = plan.Method == "POST" ? [] : null;
            plan.MustFail = true;
            return plan;
        }

        var actor = Anyone();
        if (_chance.Next(4) == 0)
        {
            _defects.Spoil(plan, actor);
            return plan;
        }

        var (endpoint, body, _) = _grammar.Body(actor);
        return _grammar.Around(actor, endpoint, Spoiler.Spoil(body, _chance));
    }

    private async Task RegisterAsync(Actor actor)
    {
        var body = new Obj(
            ("type", Leaf.Text("register_client")), ("version", Leaf.Of(1)), ("client_id", Leaf.Text(actor.Id)),
            ("last_known_lsn", Leaf.Of(0)));
        var answer = await SendAsync(_grammar.Around(actor, "register", body.ToBytes(_chance)));
        actor.ServerNode = answer.Status == 200
            ? answer.Json!.Value.GetProperty("server_node").GetString()
            : throw Failure("A client cannot register.", [], answer);
    }

    private async Task GoodAsync()
    {
        var plan = MakeGood();
        var bytes = plan.ToBytes(_chance);
        var answer = await SendAsync(plan, bytes);
        if (plan.Endpoint == "push" && answer.Status == 200 && _chance.Next(3) == 0)
        {
            // Exactly once: the same again, cut otherwise, is the same outcome and no event.
            var before = _server.LastEvent();
            var again = await ExchangeAsync(plan, bytes);
            Ensure(Oracle.Same(answer, again), $"A repeat was answered otherwise, before: {answer}", bytes, again);
            Ensure(before == _server.LastEvent(), "A repeat was stored.", bytes, again);
        }
    }

    private Task<RawAnswer> SendAsync(Plan plan) => SendAsync(plan, plan.ToBytes(_chance));

    /// <summary>A request whose framing holds: one answer, judged, the journal compared. A refusal must not depend on the cuts.</summary>
    private async Task<RawAnswer> SendAsync(Plan plan, byte[] bytes)
    {
        var before = _server.LastEvent();
        var answer = await ExchangeAsync(plan, bytes);
        Check(plan, bytes, answer, _server.LastEvent() - before, 1);
        if (answer.Status is >= 400 and not 409 && !plan.IsHead && _chance.Next(4) == 0)
        {
            var again = await ExchangeAsync(plan, bytes);
            Ensure(Oracle.Same(answer, again), $"Cut otherwise, it was answered otherwise, before: {answer}", bytes, again);
            Ensure(before == _server.LastEvent(), "A refused request was stored.", bytes, again);
        }

        return answer;
    }

    private void Check(Plan plan, byte[] bytes, RawAnswer answer, long stored, int mayStore)
    {
        _stats.Count(plan.Endpoint, answer);
        var wrong = Oracle.Judge(plan, answer) ?? (stored > mayStore || (stored > 0 && !MayStore(plan.Endpoint, answer))
            ? $"{stored} events were stored."
            : null);
        Ensure(wrong is null, wrong ?? "", bytes, answer);
        if (answer.Status == 200 && answer.Json is { } json)
        {
            wrong = _ledger.Learn(plan, json, _actors);
            Ensure(wrong is null, wrong ?? "", bytes, answer);
        }
    }

    /// <summary>Registrations and pushes are events, and of refusals that of an atomic push (protocol 4.3).</summary>
    private static bool MayStore(string endpoint, RawAnswer answer) =>
        answer.Status == 200 ? endpoint is "register" or "push" : answer.Code == "CONFLICT";

    private async Task<RawAnswer> ExchangeAsync(Plan plan, byte[] bytes)
    {
        // On a machine that stands still for a minute, the server rightly closes what idles.
        if (Stopwatch.GetElapsedTime(_used) > ReuseMax)
        {
            Reconnect();
        }

        _wire ??= await Wire.ConnectAsync(_server.Address);
        (_last, _used) = (bytes, Stopwatch.GetTimestamp());
        var cuts = Enumerable.Range(0, _chance.Next(4)).Select(_ => _chance.Next(bytes.Length)).Order().ToArray();
        await _wire.SendAsync(bytes, cuts);
        RawAnswer? answer;
        try
        {
            answer = await _wire.ReadAsync(plan.IsHead);
        }
        catch (NoAnswerException e)
        {
            throw Failure(e.Message, bytes);
        }

        if (answer is null)
        {
            throw Failure("The connection was closed without an answer.", bytes);
        }

        if (answer.Closes)
        {
            Reconnect();
        }

        return answer;
    }

    /// <summary>Several requests in one piece: as many answers, in order, until one closes.</summary>
    private async Task PipelineAsync()
    {
        var plans = Enumerable.Range(0, 2 + _chance.Next(3)).Select(_ => _chance.Next(2) == 0 ? MakeGood() : Bad(MakeGood())).ToList();
        // A client that expects 100-continue does not go on before it came.
        plans.ForEach(static p => p.Headers.RemoveAll(static h => h.Name == "Expect"));
        var before = _server.LastEvent();
        Reconnect();
        _wire = await Wire.ConnectAsync(_server.Address);
        byte[] bytes = _last = [.. plans.SelectMany(p => p.ToBytes(_chance))];
        await _wire.SendAsync(bytes, [_chance.Next(bytes.Length)]);
        foreach (var plan in plans)
        {
            var answer = await _wire.ReadAsync(plan.IsHead) ?? throw Failure("A pipelined request was not answered.", bytes);
            // What comes after it may be stored by now.
            Check(plan, bytes, answer, 0, 0);
            if (answer.Closes)
            {
                break;
            }
        }

        Reconnect();
        await _server.QuietAsync();
        Ensure(_server.LastEvent() - before <= plans.Count, "More was stored than was asked for.", bytes);
    }

    /// <summary>Bytes that may be no request at all: whatever is answered has our form, and what is refused is not stored.</summary>
    private async Task BrokenAsync(byte[] bytes, bool framing)
    {
        var before = _server.LastEvent();
        using var wire = await Wire.ConnectAsync(_server.Address);
        _last = bytes;
        await wire.SendAsync(bytes, [_chance.Next(bytes.Length)]);
        var answers = new List<RawAnswer>();
        var isHead = bytes.AsSpan().StartsWith("HEAD "u8);
        try
        {
            while (await wire.ReadAsync(isHead, Quiet) is { } answer)
            {
                answers.Add(answer);
                _stats.Count("broken", answer);
                var wrong = Oracle.Form(null, answer, isHead);
                Ensure(wrong is null, wrong ?? "", bytes, answer);
                Ensure(answer.Header("X-Request-ID") != Defects.Smuggled || !framing, "A hidden request was answered.", bytes, answer);
                if (answer.Closes)
                {
                    break;
                }
            }
        }
        catch (NoAnswerException) when (answers.Count > 0 || !framing)
        {
            // A reset, because bytes were left unread, may swallow the end of an answer; the mutated method may be HEAD.
        }

        wire.Dispose();
        await _server.QuietAsync();
        Ensure(answers.Any(static a => a.Status == 200 || a.Code == "CONFLICT") || answers.Count == 0 || before == _server.LastEvent(),
            "A refused request was stored.", bytes, answers.LastOrDefault());
    }

    private Task MutatedAsync()
    {
        var bytes = MakeGood().ToBytes(_chance);
        for (var i = 1 + _chance.Next(4); i > 0; i--)
        {
            bytes = Spoiler.SpoilBytes(bytes, _chance);
        }

        return BrokenAsync(bytes.Length == 0 ? [0] : bytes, framing: false);
    }

    /// <summary>
    /// A client that goes away within its request, or after it. Within: nothing is stored. After it: all or nothing, and the repeat tells.
    /// </summary>
    private async Task AbortAsync()
    {
        var plan = MakeGood();
        var bytes = plan.ToBytes(_chance);
        var whole = _chance.Next(2) == 0;
        _last = bytes;
        var before = _server.LastEvent();
        using (var wire = await Wire.ConnectAsync(_server.Address))
        {
            await wire.SendAsync(whole ? bytes : bytes[..^(1 + _chance.Next(bytes.Length - 1))]);
        }

        await _server.QuietAsync();
        Ensure(whole || before == _server.LastEvent(), "A request that was never whole was stored.", bytes);
        if (whole)
        {
            await SendAsync(plan, bytes);
        }
    }

    /// <summary>The server is well, and its journal is dense and holds what was acknowledged.</summary>
    private async Task AuditAsync()
    {
        var ready = new Plan { Endpoint = "health", Method = "GET", Target = Grammar.Base + "health/ready" };
        Ensure((await SendAsync(ready)).Status == 200, "The server is not ready.", []);
        var more = true;
        string? token = null;
        while (more)
        {
            var body = new Obj(
                ("type", Leaf.Text("pull_request")), ("message_id", Leaf.Text("550e8400-e29b-41d4-a716-446655440000")),
                ("client_id", Leaf.Text("a")), ("since_lsn", Leaf.Of(0)),
                ("continuation_token", token is null ? new Leaf("null") : Leaf.Text(token)));
            var answer = await SendAsync(_grammar.Around(_actors[0], "pull", body.ToBytes(_chance)));
            Ensure(answer.Status == 200, "The journal cannot be pulled.", [], answer);
            var json = answer.Json!.Value;
            var wrong = _ledger.Audit(json);
            Ensure(wrong is null, wrong ?? "", [], answer);
            (more, token) = (json.GetProperty("has_more").GetBoolean(), json.GetProperty("continuation_token").GetString());
        }

        Ensure(_ledger.IsWhole(out var lack), lack, []);
    }

    private void Reconnect()
    {
        _wire?.Dispose();
        _wire = null;
    }

    private void Ensure(bool holds, string what, byte[] request, RawAnswer? answer = null)
    {
        if (!holds)
        {
            throw Failure(what, request, answer);
        }
    }

    private FuzzFailure Failure(string what, byte[] request, RawAnswer? answer = null) =>
        FuzzFailure.Of(_seed, _step, what, request, answer);
}
