namespace HeliosSync.Load.Engine;

/// <summary>How much load for how long.</summary>
/// <param name="Copies">Virtual clients that exist; each runs one step at a time.</param>
public abstract record LoadSimulation(int Copies)
{
    /// <summary>So many copies, each beginning a step as soon as its last one ended (a closed model).</summary>
    public static LoadSimulation KeepConstant(int copies, TimeSpan during) => new Constant(copies, during);

    /// <summary>So many copies, which share a given number of steps.</summary>
    public static LoadSimulation IterationsForConstant(int copies, long iterations) => new Iterations(copies, iterations);

    /// <summary>So many copies, each of which runs one step; all begin at once.</summary>
    public static LoadSimulation Once(int copies) => new Constant(copies, TimeSpan.Zero);

    /// <summary>
    /// A step is due every 1/rate seconds, whether earlier ones have ended or not (an open model). Where all copies are busy, it begins
    /// late and its latency counts from when it was due, so that a server that stalls cannot hide it.
    /// </summary>
    public static LoadSimulation Inject(double ratePerSecond, TimeSpan during, int copiesMax) =>
        new Injected(copiesMax, ratePerSecond, during);

    /// <summary>See <see cref="KeepConstant"/>.</summary>
    public sealed record Constant(int Copies, TimeSpan During) : LoadSimulation(Copies);

    /// <summary>See <see cref="IterationsForConstant"/>.</summary>
    public sealed record Iterations(int Copies, long Count) : LoadSimulation(Copies);

    /// <summary>See <see cref="Inject"/>.</summary>
    public sealed record Injected(int Copies, double RatePerSecond, TimeSpan During) : LoadSimulation(Copies)
    {
        /// <summary>How many steps fall due.</summary>
        public long Count => (long)Math.Round(RatePerSecond * During.TotalSeconds);

        /// <summary>When step i falls due, from the beginning.</summary>
        public TimeSpan Due(long i) => TimeSpan.FromSeconds(i / RatePerSecond);
    }
}
