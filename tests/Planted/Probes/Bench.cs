namespace HeliosSync.Planted;

/// <summary>
/// Runs probes over mutants, and over the control: the same sources compiled in the same way without an edit, so that neither a test that
/// fails anyhow nor the exchange of an assembly passes for a catch.
/// </summary>
public sealed class Bench : IDisposable
{
    private readonly TimeSpan _patience;
    private readonly Dictionary<string, Shadow> _shadows = [];
    private readonly Dictionary<Probe, Finding> _controls = [];

    /// <summary>For single tests.</summary>
    public Bench()
        : this(TimeSpan.FromMinutes(3))
    {
    }

    /// <summary>With a guard against probes that never end; a good one takes a small part of that time.</summary>
    internal Bench(TimeSpan patience) => _patience = patience;

    /// <summary>What a probe says of a bug.</summary>
    internal Task<Finding> TryAsync(PlantedBug bug, Probe probe)
    {
        var mutant = Mutant.Compile(bug.Edits.Select(e => e.Project), bug.Edits);
        return ShadowOf(probe.Layer).RunAsync(probe, mutant);
    }

    /// <summary>What a probe says of the sources as they are.</summary>
    internal async Task<Finding> ControlAsync(Probe probe)
    {
        if (!_controls.TryGetValue(probe, out var finding))
        {
            var shadow = ShadowOf(probe.Layer);
            finding = await shadow.RunAsync(probe, Mutant.Compile(Mutant.Projects.Where(shadow.Holds), []));
            _controls.Add(probe, finding);
        }

        return finding;
    }

    public void Dispose()
    {
        foreach (var shadow in _shadows.Values)
        {
            shadow.Dispose();
        }
    }

    private Shadow ShadowOf(Layer layer)
    {
        var suite = layer switch
        {
            Layer.Law => "Property",
            Layer.Simulation => "Simulation",
            _ => "Integration",
        };
        if (!_shadows.TryGetValue(suite, out var shadow))
        {
            _shadows.Add(suite, shadow = new Shadow(suite, _patience));
        }

        return shadow;
    }
}
