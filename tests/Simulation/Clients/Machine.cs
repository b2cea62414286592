namespace HeliosSync.Simulation;

/// <summary>
/// A client machine: registers at every start, then edits, pushes, pulls, beats; one request at a time, repeated until it is answered.
/// What it keeps on disk outlives its crashes; the rest does not.
/// </summary>
internal sealed class Machine
{
    private readonly World _world;
    private readonly Network _network;
    private readonly Prober _prober;
    private readonly Ledger _ledger;
    private readonly int _tenant;
    private readonly int _number;
    private int _batches;
    private int _nodes;
    private int _attempt;
    private int _life;
    private long _backAt;
    private bool _isWaiting;
    private bool _isRegistered;
    private bool _wasForgotten;
    private bool _isOff;
    private bool _isUpToDate;
    private (long Since, string Token, long After, int ServerLife, long Pinned)? _page;

    public Machine(World world, Network network, Ledger ledger, int tenant, int number, Traits traits, Zstd zstd)
    {
        (_world, _network, _ledger, _tenant, _number) = (world, network, ledger, tenant, number);
        Client = $"c{number}";
        Replica = new Replica(world, ledger, traits, zstd, new State { Node = Client });
        _prober = new Prober(world, ledger, Client, Replica, world.Remembers);
        Soon();
    }

    public string Client { get; }

    public int Tenant => _tenant;

    public Replica Replica { get; }

    /// <summary>Others of its tenant that talk to it directly.</summary>
    public IReadOnlyList<Machine> Peers { get; set; } = [];

    /// <summary>Whether it has nothing to say any more, and has heard everything.</summary>
    public bool IsQuiet => _isRegistered && _isUpToDate && State.Batch is null && State.Outbox.Count == 0 && !State.MustPull
        && State.Position >= _ledger.Head && State.ServerNode == _ledger.ServerNode;

    private State State => Replica.State;

    private Traits Traits => Replica.Traits;

    /// <summary>Power off for so long: what is not on disk is gone, and so is whoever waited for an answer.</summary>
    public void TurnOff(long micros)
    {
        var life = ++_life;
        _attempt++;
        (_isOff, _isRegistered, _isWaiting, _isUpToDate, _page) = (true, false, false, false, null);
        _backAt = Math.Max(_backAt, _world.Now + micros);
        _world.After(_backAt - _world.Now, () =>
        {
            if (life == _life)
            {
                _isOff = false;
                Soon();
            }
        });
    }

    /// <summary>A node that this client has never used.</summary>
    public string NewNode() => $"{Client}#{++_nodes}";

    /// <summary>Begins the next round, where nothing is being waited for.</summary>
    public void Tick()
    {
        if (_isOff || _isWaiting)
        {
            return;
        }

        if (!_isRegistered)
        {
            Register();
        }
        else if (State.MustPull || _page is not null)
        {
            Pull();
        }
        else if (State.Batch is not null)
        {
            SendBatch();
        }
        else if (!_world.IsStormy)
        {
            Finish();
        }
        else
        {
            DoSomething();
        }
    }

    private void Finish()
    {
        Replica.ForgetGossip();
        if (State.Outbox.Count > 0)
        {
            MakeBatch();
        }
        else if (!IsQuiet)
        {
            Pull();
        }
        else
        {
            Soon();
        }
    }

    private void DoSomething()
    {
        switch (_world.Chance.Below(100))
        {
            case < 38:
                Replica.EditSomething();
                Soon();
                break;
            case < 62 when State.Outbox.Count > 0:
                MakeBatch();
                break;
            case < 84:
                Pull();
                break;
            case < 88:
                Beat();
                break;
            case < 93:
                Probe();
                break;
            default:
                Gossip();
                Soon();
                break;
        }
    }

    private void Register()
    {
        var known = Traits.Filter is null ? State.Position : 0;
        var body = Bodies.Register(Client, State, Traits, tellsLocalLsn: true, known);
        if (Traits.IsHasty)
        {
            PullHastily();
        }

        Send(new Request(_tenant, Client, Endpoint.Register, body), answer =>
        {
            if (answer.Code == "NODE_REUSED")
            {
                _world.Tally.Saw(Sight.NodeReused409);
                Replica.BeginLife(NewNode());
            }
            else
            {
                Replica.TakeWelcome(answer);
                _isRegistered = true;
                _world.Tally.Hit(_wasForgotten, Sight.ForgottenCameBack);
                _wasForgotten = false;
            }
        });
    }

    /// <summary>A pull on the heels of the register: the server may refuse it, and what it answers is durable, as always.</summary>
    private void PullHastily()
    {
        var body = Bodies.Pull(Client, _world.Chance.Uuid(), State, Traits, State.Position, null);
        var request = new Request(_tenant, Client, Endpoint.Pull, body, After: State.Position, Filter: Traits.Filter);
        _world.After(_world.Chance.Between(0, 100 * World.Millisecond), () => _network.Send(this, request, static _ => { }));
    }

    private void Pull()
    {
        var since = _page?.Since ?? State.Position;
        var after = _page?.After ?? since;
        var message = _world.Chance.Uuid();
        // Whoever dropped all that it had needs its own changes too.
        var traits = Traits with { ExcludesOwn = Traits.ExcludesOwn && !State.MustPull };
        var body = Bodies.Pull(Client, message, State, traits, since, _page?.Token);
        Send(new Request(_tenant, Client, Endpoint.Pull, body, message, after, Traits.Filter), page =>
        {
            _world.Tally.Hit(_page is { } from && from.ServerLife < page.ServerLife, Sight.TokenSpannedACrash);
            _world.Tally.Hit(Traits.ExcludesOwn && page.Changes.Count > 0, Sight.PageWithoutOwn);
            _world.Tally.Hit(Traits.Base64 && page.Changes.Count > 0, Sight.PageInBase64);
            if (page.HasMore == (page.Token is null))
            {
                _world.Violate(Oracle.AnswerIsAllowed, $"{Client}: has_more is {page.HasMore}, the token {page.Token}");
            }

            var pinned = _page?.Pinned ?? page.HeadLsn;
            _world.Tally.Hit(since == 0 && _page is { } before && before.ServerLife < page.ServerLife, Sight.FirstSyncSpannedACrash);
            _page = page.HasMore && Traits.FollowsTokens ? (since, page.Token!, page.ServerLsn, page.ServerLife, pinned) : null;
            _isUpToDate = !page.HasMore;
            Replica.TakePage(page, since == 0 ? pinned : 0);
        });
    }

    private void MakeBatch()
    {
        var edits = State.Outbox.Take(1 + _world.Chance.Below(4)).ToList();
        var atomic = _world.Chance.Percent(Traits.AtomicPercent);

        // The same ids in all tenants: a window that two tenants shared would mix them up.
        var message = new Guid(_number, (short)(_batches >> 8), (short)(_batches & 255), new byte[8]);
        _batches++;
        var body = Bodies.Push(Client, message, State, Traits, MessageClock(), edits, atomic);
        State.Batch = new Batch(message, body, edits, atomic);
        SendBatch();
    }

    private Clock MessageClock() => !Traits.TellsClock || State.ServerNode is null ? Clock.Empty
        : Traits.Context == ContextKind.EchoedClock ? State.Echo
        : Traits.Filter is null ? Clock.Empty.With(State.ServerNode, State.Position) : Clock.Empty;

    private void SendBatch()
    {
        var batch = State.Batch!;
        Send(new Request(_tenant, Client, Endpoint.Push, batch.Body, batch.Message), answer =>
        {
            _prober.Answered(batch);
            _world.Tally.Hit(batch.Atomic && answer.Code is null, Sight.AtomicStored);
            Replica.TakeOutcome(answer);
        });
    }

    private void Beat()
    {
        var position = Traits.Filter is null ? State.Position : 0;
        var body = Bodies.Heartbeat(Client, (SkewedTime.BeginMicros + _world.Now + Replica.SkewMicros) / 1_000, position);
        Send(new Request(_tenant, Client, Endpoint.Heartbeat, body), _ => _world.Tally.Saw(Sight.HeartbeatAnswered));
    }

    private void Probe()
    {
        var probe = _prober.Draw(_tenant);
        _world.Tally.Hit(Fault.ReadWrongInput);
        var attempt = Begin();
        _network.Send(this, probe.Request, answer =>
        {
            var isForgotten = answer.Code == "CLIENT_NOT_REGISTERED" && _ledger.TimesForgotten(Client) > 0;
            var isOfOther = answer.ServerLife < _ledger.RestoredLife || (answer.Code == "RESYNC_REQUIRED" && _ledger.RestoredLife > 0);
            if (!isOfOther && !probe.IsExpected(_world, answer) && !isForgotten)
            {
                _world.Violate(Oracle.AnswerIsAllowed, $"{Client}: {probe.Sight} was answered with {answer.Code}: {answer.Details}");
            }

            if (attempt == _attempt)
            {
                LearnWhetherForgotten(answer);
                End();
            }
        });
    }

    /// <summary>A client that is not registered any more registers as who it is, and goes on with what it had: batch, id and all.</summary>
    private bool LearnWhetherForgotten(Answer answer)
    {
        var isForgotten = answer.Code == "CLIENT_NOT_REGISTERED" && _ledger.TimesForgotten(Client) > 0;
        _isRegistered &= !isForgotten;
        _wasForgotten |= isForgotten;
        return isForgotten;
    }

    /// <summary>Its journal is another one. It comes back when none of its packets lives any more: they may say what held there.</summary>
    private void Resync()
    {
        _world.Tally.Saw(Sight.ResyncAfterARestore);
        _world.Log($"{State.Node}: resync");
        _prober.Forget();
        Replica.Resync();
        TurnOff(Network.Longest + World.Second);
    }

    private void Gossip()
    {
        var heard = Peers.Where(p => p != this && p.Traits.Gossips).ToList();
        if (!Traits.Gossips || heard.Count == 0)
        {
            return;
        }

        var peer = _world.Chance.Pick(heard);
        foreach (var edit in State.Outbox.Where(e => e.Node == State.Node))
        {
            _world.After(_world.Chance.Between(World.Millisecond, World.Second), () =>
            {
                if (!peer._isOff)
                {
                    peer.Replica.Hear(edit);
                }
            });
        }
    }

    private void Send(Request request, Action<Answer> take)
    {
        var attempt = Begin();
        var life = _life;
        var isPush = request.Endpoint == Endpoint.Push;
        _network.Send(this, request, answer =>
        {
            if (answer.ServerLife < _ledger.RestoredLife)
            {
                // The journal that it tells of is lost, and so may be the answer.
                return;
            }

            // An answer that comes after its time-out still says what became of the push, as long as it is wanted.
            var isWanted = isPush ? life == _life && State.Batch?.Message == request.Message : attempt == _attempt && _isWaiting;
            if (!isWanted)
            {
                return;
            }

            if (answer.IsTransient)
            {
                if (attempt == _attempt)
                {
                    End();
                }

                return;
            }

            if (LearnWhetherForgotten(answer))
            {
                End();
                return;
            }

            if (answer.Code == "RESYNC_REQUIRED" && _ledger.RestoredLife > 0)
            {
                Resync();
                return;
            }

            if (!IsAllowed(request, answer))
            {
                _world.Violate(Oracle.AnswerIsAllowed, $"{request} is answered with {answer.Code}: {answer.Details}");
                return;
            }

            take(answer);
            End();
        });
    }

    private static bool IsAllowed(Request request, Answer answer) => answer.Code switch
    {
        null => request.Endpoint is Endpoint.Register or Endpoint.Heartbeat || answer.RequestId == request.Message.ToString("D"),
        "NODE_REUSED" => request.Endpoint == Endpoint.Register,
        "CONFLICT" => request.Endpoint == Endpoint.Push,
        _ => false,
    };

    private int Begin()
    {
        var attempt = ++_attempt;
        _isWaiting = true;
        _world.After(_world.Chance.Between(5 * World.Second, 30 * World.Second), () =>
        {
            if (attempt == _attempt && _isWaiting)
            {
                State.Batch = Traits.Rebatches && _world.IsStormy ? null : State.Batch;
                End();
            }
        });
        return attempt;
    }

    private void End()
    {
        _attempt++;
        _isWaiting = false;
        Soon();
    }

    private void Soon()
    {
        var life = _life;
        var attempt = _attempt;
        var pause = _world.IsStormy ? _world.Chance.Between(0, 2 * Traits.TickMicros) : _world.Chance.Between(0, World.Second);
        _world.After(_page is not null || State.MustPull ? pause / 8 : pause, () =>
        {
            if (life == _life && attempt == _attempt)
            {
                Tick();
            }
        });
    }
}
