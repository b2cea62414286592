namespace HeliosSync.Planted;

/// <summary>What a suite looks at, from the cheapest to the dearest.</summary>
internal enum Layer
{
    /// <summary>The laws of Domain and Codec: tests/Property.</summary>
    Law,

    /// <summary>Actors over a real journal, also one that fails: tests/Integration/Actors and Storage.</summary>
    ActorTest,

    /// <summary>The whole server over HTTP: tests/Integration/Protocol.</summary>
    ProtocolTest,

    /// <summary>Simulated clients, network, clocks and journal: tests/Simulation.</summary>
    Simulation,
}

/// <summary>A part of a layer that is run: tests by a filter, or seeds of the simulation.</summary>
/// <param name="Layer">Which suite.</param>
/// <param name="Selection">A filter as <c>dotnet test --filter</c> takes it; for the simulation its seeds, such as <c>1..20</c>.</param>
internal sealed record Probe(Layer Layer, string Selection)
{
    private const string By = "FullyQualifiedName~";

    /// <summary>Tests of the laws' suite whose full name contains this.</summary>
    public static Probe Law(string name) => new(Layer.Law, Named(name));

    /// <summary>Tests of actors whose full name contains this.</summary>
    public static Probe ActorTest(string name) => new(Layer.ActorTest, Named(name));

    /// <summary>
    /// All of a layer. Left out is what has nothing to do with the code under test: the tidiness of sources, the measure of memory,
    /// and the killing of server processes, which is the crash driver's.
    /// </summary>
    public static Probe Whole(Layer layer) => layer switch
    {
        Layer.Law => new(layer, "FullyQualifiedName!~TidyTests&FullyQualifiedName!~MeasureTests&FullyQualifiedName!~MemoryTests"),
        Layer.ActorTest => new(layer, "FullyQualifiedName~HeliosSync.Integration.Actors|FullyQualifiedName~HeliosSync.Integration.Storage"),
        Layer.ProtocolTest => new(layer, "FullyQualifiedName~HeliosSync.Integration.Protocol&FullyQualifiedName!~KillTests"),
        _ => new(layer, "1..200"),
    };

    public override string ToString() => $"{Layer switch
    {
        Layer.Law => "law",
        Layer.ActorTest => "actor test",
        Layer.ProtocolTest => "protocol test",
        _ => "simulation",
    }} `{Selection.Replace(By, "", StringComparison.Ordinal)}`";

    private static string Named(string name) => By + name;
}
