namespace HeliosSync.Integration.Documentation;

/// <summary>One fenced block of a page.</summary>
/// <param name="Line">The line of its opening fence, from 1.</param>
/// <param name="Language">What stands behind the opening fence.</param>
/// <param name="Text">What stands between the fences.</param>
internal sealed record Block(int Line, string Language, string Text);

/// <summary>A page of the documentation, by its path below the root of the repository.</summary>
internal sealed class Page
{
    private const string Fence = "```";

    public Page(string path)
    {
        var lines = File.ReadAllLines(Path.Combine(Root, path));
        Lines = lines;
        Blocks = [.. BlocksOf(lines)];
    }

    /// <summary>The folder of the solution.</summary>
    public static string Root { get; } = FindRoot();

    public IReadOnlyList<string> Lines { get; }

    /// <summary>Its fenced blocks, from top to bottom.</summary>
    public IReadOnlyList<Block> Blocks { get; }

    private static IEnumerable<Block> BlocksOf(string[] lines)
    {
        for (var i = 0; i < lines.Length; i++)
        {
            if (!lines[i].StartsWith(Fence, StringComparison.Ordinal))
            {
                continue;
            }

            var end = Array.FindIndex(lines, i + 1, static l => l == Fence);
            Assert.True(end > 0, $"The block of line {i + 1} has no end.");
            yield return new Block(i + 1, lines[i][Fence.Length..], string.Join('\n', lines[(i + 1)..end]));
            i = end;
        }
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "HeliosSync.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"HeliosSync.sln is in no folder above {AppContext.BaseDirectory}");
    }
}
