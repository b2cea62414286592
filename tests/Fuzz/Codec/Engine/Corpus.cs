using System.Security.Cryptography;

namespace HeliosSync.Fuzz.Codec;

/// <summary>The inputs kept on disk: a folder for each target, a file for each input, named by its hash.</summary>
internal sealed class Corpus(string folder)
{
    /// <summary>The committed corpus, as the build copied it beside the program.</summary>
    public static Corpus Built { get; } = new(Path.Combine(AppContext.BaseDirectory, "Corpus"));

    /// <summary>The committed corpus in the clone that the program was built in, so that what is found can be committed.</summary>
    public static Corpus InSource()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "HeliosSync.sln")))
            {
                return new Corpus(Path.Combine(at.FullName, "tests", "Fuzz", "Corpus"));
            }
        }

        return Built;
    }

    /// <summary>The target's inputs, in the order of their names.</summary>
    public IEnumerable<(string File, byte[] Input)> Of(string target)
    {
        var files = Directory.Exists(FolderOf(target)) ? Directory.GetFiles(FolderOf(target), "*.bin") : [];
        return files.Order(StringComparer.Ordinal).Select(static f => (f, File.ReadAllBytes(f)));
    }

    /// <summary>Keeps an input; gives its file.</summary>
    public string Add(string target, byte[] input, string prefix = "")
    {
        Directory.CreateDirectory(FolderOf(target));
        var file = Path.Combine(FolderOf(target), prefix + Convert.ToHexStringLower(SHA256.HashData(input))[..12] + ".bin");
        File.WriteAllBytes(file, input);
        return file;
    }

    /// <summary>
    /// Keeps, out of these, the fewest and shortest that together still take every branch: shortest first, each that takes a new one.
    /// </summary>
    public int AddSmallest(FuzzTarget target, IEnumerable<byte[]> inputs, int bytesMax)
    {
        var edges = new EdgeMap();
        var kept = 0;
        foreach (var input in inputs.Where(i => i.Length <= bytesMax).OrderBy(static i => i.Length))
        {
            EdgeMap.Clear();
            target.Run(input);
            var before = edges.Count;
            edges.Take();
            if (edges.Count > before)
            {
                Add(target.Name, input);
                kept++;
            }
        }

        return kept;
    }

    private string FolderOf(string target) => Path.Combine(folder, target);
}
