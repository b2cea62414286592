namespace HeliosSync.Planted;

/// <summary>One change of a source file.</summary>
/// <param name="File">The file, below <c>src</c>.</param>
/// <param name="Find">What stands there exactly once; else the bug cannot be planted, and that is an error.</param>
/// <param name="Replace">What stands there in the mutant.</param>
internal sealed record Edit(string File, string Find, string Replace)
{
    /// <summary>The project that the file belongs to, such as <c>Domain</c>.</summary>
    public string Project => File[..File.IndexOf('/', StringComparison.Ordinal)];
}

/// <summary>A mistake that somebody could make in this code, and what is to notice it.</summary>
/// <param name="Name">Its name, in the words of the list of planted bugs.</param>
/// <param name="Mistake">What it looks like here.</param>
/// <param name="Edits">How it is made.</param>
/// <param name="Probe">The cheapest probe that reliably catches it.</param>
internal sealed record PlantedBug(string Name, string Mistake, IReadOnlyList<Edit> Edits, Probe Probe)
{
    public override string ToString() => Name;
}
