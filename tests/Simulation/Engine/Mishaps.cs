namespace HeliosSync.Simulation;

/// <summary>Plans what happens to machines: crashes, lost and restored state, partitions, clocks that jump.</summary>
internal sealed class Mishaps(World world, Network network, SimServer server, SimJournal journal, SkewedTime serverTime, Plan plan)
{
    /// <summary>
    /// A state that is restored without anybody noticing keeps its node: it is away for longer than a packet lives or a write can hang,
    /// so that whatever its former life pushed is judged by then, and its register is refused.
    /// </summary>
    private long UnnoticedAway => plan.Disk.HangPercent > 0 ? 4 * World.Minute : 10 * World.Second;

    public void PlanFor(Machine machine)
    {
        while (world.Chance.OneIn(2))
        {
            At(() => network.Cut(machine, world.Chance.Between(5 * World.Second, 90 * World.Second)));
        }

        while (world.Chance.OneIn(2))
        {
            At(() => Restart(machine, Fault.ClientCrash, 30 * World.Second, static _ => { }));
        }

        if (world.Chance.OneIn(4))
        {
            At(() => JumpClock(machine));
        }

        while (plan.Forgets && world.Chance.OneIn(2))
        {
            At(() => Forget(machine));
        }

        switch (world.Chance.Below(12))
        {
            case 0 or 1:
                At(() => LoseState(machine));
                break;
            case 2 or 3:
                At(() => Restore(machine, isNoticed: true));
                break;
            // Where the journal is restored too, nobody could tell that its numbers went back.
            case 4 or 5 when !machine.Replica.Traits.Gossips && !plan.Restores:
                At(() => Restore(machine, isNoticed: false));
                break;
            default:
                break;
        }
    }

    public void PlanForServer()
    {
        for (var i = 0; i < plan.Crashes; i++)
        {
            At(world.Chance.OneIn(2) ? Crash : () => journal.Ambush = Crash);
        }

        while (world.Chance.OneIn(3))
        {
            At(() =>
            {
                world.Tally.Hit(Fault.ServerClockJump);
                serverTime.SkewMicros = world.Chance.Between(-Traits.Years(10), Traits.Years(10));
            });
        }
    }

    /// <summary>A backup is made at some moment, and at a later one it is all that is left of the journal; once or twice.</summary>
    public void PlanRestores()
    {
        if (!plan.Restores)
        {
            return;
        }

        // Early ones, which lack whole tenants, are seldom by themselves.
        world.After(world.Chance.OneIn(3) ? world.Chance.Between(0, 3 * World.Second) : world.Chance.Between(0, plan.StormMicros), () =>
        {
            var backup = journal.Backup();
            world.Log("a backup is made");
            for (var times = world.Chance.Between(1, 2); times > 0; times--)
            {
                world.After(world.Chance.Between(World.Second, plan.StormMicros), () =>
                {
                    if (world.IsStormy)
                    {
                        // What is under way is gone by then: a restore takes longer than a packet lives.
                        server.Restore(backup, Network.Longest + world.Chance.Between(World.Second, World.Minute));
                    }
                });
            }
        });
    }

    private void Crash()
    {
        if (world.IsStormy)
        {
            server.Crash(world.Chance.Between(100 * World.Millisecond, 20 * World.Second));
        }
    }

    /// <summary>Some moment before things heal.</summary>
    private void At(Action mishap) => world.After(world.Chance.Between(0, plan.StormMicros), () =>
    {
        if (world.IsStormy)
        {
            mishap();
        }
    });

    /// <summary>Two administrators may ask at once.</summary>
    private void Forget(Machine machine)
    {
        world.Tally.Hit(Fault.ClientForgotten);
        for (var asked = world.Chance.Between(1, 2); asked > 0; asked--)
        {
            server.Forget(machine.Tenant, machine.Client);
        }
    }

    private void JumpClock(Machine machine)
    {
        world.Tally.Hit(Fault.ClientClockJump);
        machine.Replica.SkewMicros = world.Chance.Between(-Traits.Years(10), Traits.Years(10));
    }

    private void Restart(Machine machine, Fault fault, long awayMax, Action<Machine> meanwhile)
    {
        world.Tally.Hit(fault);
        world.Log($"{fault} of {machine.Replica.State.Node}");
        machine.TurnOff(Network.Longest + world.Chance.Between(0, awayMax));
        meanwhile(machine);
    }

    private void LoseState(Machine machine) => Restart(machine, Fault.ClientStateLost, World.Minute, m =>
    {
        world.Tally.Saw(Sight.ClientReinstalled);
        m.Replica.State = new State { Node = m.NewNode(), MustPull = true };
    });

    private void Restore(Machine machine, bool isNoticed)
    {
        var copy = machine.Replica.State.Copy();
        world.After(world.Chance.Between(20 * World.Second, 3 * World.Minute), () =>
        {
            if (!world.IsStormy)
            {
                return;
            }

            world.Tally.Hit(Fault.ClientStateRestored);
            world.Log($"an old copy of {copy.Node} is restored, noticed: {isNoticed}");
            world.Tally.Saw(isNoticed ? Sight.ClientRestoredAndKnewIt : Sight.ClientRestoredUnawares);
            machine.TurnOff(Network.Longest + (isNoticed ? world.Chance.Between(0, World.Minute) : UnnoticedAway));
            machine.Replica.State = copy;
            if (isNoticed)
            {
                machine.Replica.BeginLife(machine.NewNode());
            }
        });
    }
}
