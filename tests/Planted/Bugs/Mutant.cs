using System.Collections.Concurrent;
using HeliosSync.Property;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace HeliosSync.Planted;

/// <summary>
/// Compiles projects of <c>src</c> anew, with edits or without, into assemblies that take the place of the built ones: same name, same
/// version, same friends.
/// </summary>
internal static class Mutant
{
    private static readonly CSharpParseOptions Language = new(LanguageVersion.Latest, DocumentationMode.None);

    private static readonly CSharpCompilationOptions Options = new(
        OutputKind.DynamicallyLinkedLibrary,
        optimizationLevel: OptimizationLevel.Release,
        deterministic: true,
        nullableContextOptions: NullableContextOptions.Enable);

    /// <summary>The projects that can be compiled anew, each behind those that it refers to.</summary>
    public static IReadOnlyList<string> Projects { get; } = ["Domain", "Codec", "Actors"];

    /// <summary>What this program itself runs on: the framework, the packages, and the projects as they were built.</summary>
    private static readonly Dictionary<string, MetadataReference> Built =
        ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .DistinctBy(f => Path.GetFileName(f))
            .ToDictionary(f => Path.GetFileName(f), f => (MetadataReference)MetadataReference.CreateFromFile(f));

    private static readonly ConcurrentDictionary<string, CSharpCompilation> Unedited = new();

    /// <summary>The assemblies of these projects, by file name; an edit that does not fit, or does not compile, throws.</summary>
    public static IReadOnlyDictionary<string, byte[]> Compile(IEnumerable<string> projects, IReadOnlyList<Edit> edits)
    {
        if (edits.FirstOrDefault(e => !Projects.Contains(e.Project)) is { } stray)
        {
            throw new ArgumentException($"src/{stray.File} is in no project that is compiled here.", nameof(edits));
        }

        var assemblies = new Dictionary<string, byte[]>();
        foreach (var project in Projects.Intersect(projects))
        {
            assemblies.Add(AssemblyFileOf(project), Compile(project, [.. edits.Where(e => e.Project == project)], assemblies));
        }

        return assemblies;
    }

    /// <summary>The file name of a project's assembly.</summary>
    public static string AssemblyFileOf(string project) => $"HeliosSync.{project}.dll";

    /// <summary>A source text with an edit made; throws where the text to find is not there exactly once.</summary>
    public static string Apply(string source, Edit edit)
    {
        var at = source.IndexOf(edit.Find, StringComparison.Ordinal);
        if (at < 0 || source.IndexOf(edit.Find, at + 1, StringComparison.Ordinal) >= 0)
        {
            throw new InvalidOperationException(
                $"src/{edit.File} has this {(at < 0 ? "nowhere" : "more than once")}, so the bug must be planted anew:\n{edit.Find}");
        }

        return source[..at] + edit.Replace + source[(at + edit.Find.Length)..];
    }

    private static byte[] Compile(string project, IReadOnlyList<Edit> edits, Dictionary<string, byte[]> before)
    {
        var compilation = Unedited.GetOrAdd(project, static p => Whole(p));
        foreach (var (file, image) in before)
        {
            compilation = compilation.ReplaceReference(Built[file], MetadataReference.CreateFromImage(image));
        }

        foreach (var edit in edits)
        {
            var tree = compilation.SyntaxTrees.Single(t => t.FilePath == edit.File);
            compilation = compilation.ReplaceSyntaxTree(tree, Parse(Apply(tree.ToString(), edit), edit.File));
        }

        using var assembly = new MemoryStream();
        var result = compilation.Emit(assembly);
        return result.Success
            ? assembly.ToArray()
            : throw new InvalidOperationException(
                $"{project} with its edits does not compile:\n{string.Join('\n', result.Diagnostics.Where(IsError))}");
    }

    /// <summary>A project as the build compiles it. Files are named by their paths below <c>src</c>, as edits name them.</summary>
    private static CSharpCompilation Whole(string project)
    {
        var src = Path.Combine(Repository.Root, "src");
        var folder = Path.Combine(src, project);
        var sources = Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Where(f => Path.GetRelativePath(folder, f).Split(Path.DirectorySeparatorChar)[0] is not ("bin" or "obj"))
            .Order(StringComparer.Ordinal);

        // What the build generates: global usings, the attributes with the version and the friends, what source generators add.
        var generated = Path.Combine(folder, "obj", SuiteFolders.Configuration, SuiteFolders.Framework);
        string[] made = [$"HeliosSync.{project}.GlobalUsings.g.cs", $"HeliosSync.{project}.AssemblyInfo.cs"];
        var added = new DirectoryInfo(Path.Combine(generated, "generated")) is { Exists: true } generators
            ? generators.EnumerateFiles("*.cs", SearchOption.AllDirectories).Select(f => f.FullName) : [];
        var trees = sources.Concat(made.Select(f => Path.Combine(generated, f))).Concat(added)
            .Select(f => Parse(File.ReadAllText(f), Path.GetRelativePath(src, f).Replace('\\', '/')));
        var file = AssemblyFileOf(project);
        return CSharpCompilation.Create(
            Path.GetFileNameWithoutExtension(file), trees, Built.Where(r => r.Key != file).Select(r => r.Value), Options);
    }

    private static SyntaxTree Parse(string text, string path) => CSharpSyntaxTree.ParseText(text, Language, path);

    private static bool IsError(Diagnostic diagnostic) => diagnostic.Severity == DiagnosticSeverity.Error;
}
