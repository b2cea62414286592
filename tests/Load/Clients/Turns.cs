namespace HeliosSync.Load.Clients;

/// <summary>Shares many clients among a few copies: each copy has its own, and takes them in turn.</summary>
internal sealed class Turns(int copies, int clients)
{
    private readonly int[] _turns = new int[copies];
    private readonly int[] _current = new int[copies];

    /// <summary>The copy's next client.</summary>
    public int Next(int copy) => _current[copy] = copy + (copies * (_turns[copy]++ % ((clients - copy + copies - 1) / copies)));

    /// <summary>The copy's client of this turn.</summary>
    public int Of(int copy) => _current[copy];
}
