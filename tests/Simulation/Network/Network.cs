namespace HeliosSync.Simulation;

/// <summary>How bad a network is.</summary>
/// <param name="DropPercent">Of requests, and again of answers.</param>
/// <param name="DoublePercent">Of requests, and again of answers.</param>
/// <param name="SlowPercent">Of packets that take seconds instead of milliseconds, and so come late and out of order.</param>
internal readonly record struct Weather(int DropPercent, int DoublePercent, int SlowPercent);

/// <summary>Carries requests and answers, late, out of order, twice or not at all; none lives longer than <see cref="Longest"/>.</summary>
internal sealed class Network(World world, SimServer server, Weather weather)
{
    /// <summary>A client that lost its state, or was restored, stays away for longer: nothing of its former life comes after it.</summary>
    public const long Longest = 10 * World.Second;

    private readonly Dictionary<object, long> _cutUntil = [];

    /// <summary>Cuts a client off for a while.</summary>
    public void Cut(object client, long micros)
    {
        world.Tally.Hit(Fault.Partition);
        _cutUntil[client] = world.Now + micros;
    }

    public void Heal() => _cutUntil.Clear();

    /// <summary>Sends a request; whatever answers arrive are received, perhaps more than one.</summary>
    public void Send(object client, Request request, Action<Answer> receive)
    {
        world.Tally.Requests++;
        if (Happens(weather.DoublePercent, Fault.RequestDoubled))
        {
            Carry(client, request, receive);
        }

        Carry(client, request, receive);
    }

    private void Carry(object client, Request request, Action<Answer> receive)
    {
        if (IsCut(client) || Happens(weather.DropPercent, Fault.RequestDropped))
        {
            return;
        }

        world.After(Delay(), () => server.Serve(request, answer =>
        {
            if (IsCut(client) || Happens(weather.DropPercent, Fault.AnswerDropped))
            {
                world.Tally.Hit(request.Endpoint == Endpoint.Push && answer.Code is null, Sight.AnswerLostAfterCommit);
                return;
            }

            if (Happens(weather.DoublePercent, Fault.AnswerDoubled))
            {
                world.After(Delay(), () => receive(answer));
            }

            world.After(Delay(), () => receive(answer));
        }));
    }

    private bool IsCut(object client) => _cutUntil.TryGetValue(client, out var until) && world.Now < until;

    private bool Happens(int percent, Fault fault)
    {
        if (!world.IsStormy || !world.Chance.Percent(percent))
        {
            return false;
        }

        world.Tally.Hit(fault);
        return true;
    }

    private long Delay() => world.IsStormy && world.Chance.Percent(weather.SlowPercent)
        ? world.Chance.Between(World.Second, Longest)
        : world.Chance.Between(2 * World.Millisecond, 150 * World.Millisecond);
}
