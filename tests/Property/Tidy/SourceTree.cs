using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace HeliosSync.Property;

/// <summary>The repository's own C# files, parsed once for all tests of a class.</summary>
/// <remarks>File paths are relative to the root, with slashes.</remarks>
public sealed class SourceTree
{
    private static readonly string[] NotOurs = ["bin", "obj", "artifacts", ".git", "data", "TestResults"];
    private readonly string _root = Repository.Root;

    public SourceTree() =>
        Everything = [.. FilesBelow(_root).Select(f => Parse(File.ReadAllText(f), Path.GetRelativePath(_root, f).Replace('\\', '/')))];

    /// <summary>Every C# file of the repository.</summary>
    internal IReadOnlyList<SyntaxTree> Everything { get; }

    /// <summary>The C# files below one folder of the root, such as <c>src/Domain</c>; several may be named.</summary>
    internal IEnumerable<SyntaxTree> Below(params string[] folders) =>
        Everything.Where(t => folders.Any(f => t.FilePath.StartsWith(f + "/", StringComparison.Ordinal)));

    /// <summary>A project file, by its path below the root.</summary>
    internal XDocument Project(string path) => XDocument.Load(Path.Combine(_root, path));

    /// <summary>Parses one file as the compiler does.</summary>
    internal static SyntaxTree Parse(string text, string path = "Sample.cs") =>
        CSharpSyntaxTree.ParseText(text, new CSharpParseOptions(LanguageVersion.Preview, DocumentationMode.Parse), path);

    private static IEnumerable<string> FilesBelow(string folder)
    {
        var ours = Directory.EnumerateDirectories(folder).Where(d => !NotOurs.Contains(Path.GetFileName(d), StringComparer.Ordinal));
        return Directory.EnumerateFiles(folder, "*.cs").Concat(ours.SelectMany(FilesBelow));
    }
}
