using System.Reflection;
using Microsoft.CodeAnalysis;

namespace HeliosSync.Property;

/// <summary>What the habits of this code base ask of its own sources. A failure lists every place.</summary>
public sealed class TidyTests(SourceTree sources) : IClassFixture<SourceTree>
{
    private const int TypeLinesMax = 300;
    private const int FunctionLinesMax = 60;
    private const int ColumnsMax = 140;

    /// <summary>Without this, a wrong root would make every other test here pass.</summary>
    [Fact]
    public void The_sources_are_found()
    {
        Assert.NotEmpty(sources.Below("src/Host"));
        Assert.Contains(sources.Everything, t => t.FilePath == "tests/Property/Tidy/TidyTests.cs");
    }

    [Fact]
    public void No_type_in_src_is_longer_than_300_lines_with_all_its_parts() =>
        Holds(Measure.LongTypes(sources.Below("src"), TypeLinesMax));

    [Fact]
    public void No_file_in_src_is_longer_than_300_lines() => HoldsFor(sources.Below("src"), t => Measure.LongFile(t, TypeLinesMax));

    [Fact]
    public void No_function_is_longer_than_60_lines() => HoldsFor(sources.Everything, t => Measure.LongFunctions(t, FunctionLinesMax));

    [Fact]
    public void No_line_is_wider_than_140_columns() => HoldsFor(sources.Everything, t => Measure.WideLines(t, ColumnsMax));

    [Fact]
    public void Every_public_type_in_src_is_documented() => Holds(Measure.UndocumentedPublicTypes(sources.Below("src")));

    [Fact]
    public void Nothing_sleeps_is_async_void_or_left_to_do() => HoldsFor(sources.Everything, Measure.Sins);

    [Fact]
    public void No_static_in_src_can_be_set() => HoldsFor(sources.Below("src"), Measure.MutableStatics);

    [Fact]
    public void Domain_and_codec_use_no_clock_and_no_chance() => HoldsFor(sources.Below("src/Domain", "src/Codec"), Measure.ClockAndChance);

    /// <summary>The analyzer sees what a look at names cannot; it must stay switched on.</summary>
    [Theory]
    [InlineData("src/Domain/HeliosSync.Domain.csproj", "../BannedSymbols.ClockAndChance.txt")]
    [InlineData("src/Domain/HeliosSync.Domain.csproj", "BannedSymbols.txt")]
    [InlineData("src/Codec/HeliosSync.Codec.csproj", "../BannedSymbols.ClockAndChance.txt")]
    public void The_analyzer_of_banned_symbols_is_on(string project, string list)
    {
        Assert.Contains("Microsoft.CodeAnalysis.BannedApiAnalyzers", Includes(project, "PackageReference"));
        Assert.Contains(list, Includes(project, "AdditionalFiles"));
    }

    [Fact]
    public void Domain_references_the_runtime_alone()
    {
        var runtime = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        var foreign = Assembly.Load("HeliosSync.Domain").GetReferencedAssemblies()
            .Where(a => !a.Name!.StartsWith("System.", StringComparison.Ordinal) || !File.Exists(Path.Combine(runtime, a.Name + ".dll")));
        Assert.Empty(foreign.Select(a => a.Name));
    }

    [Fact]
    public void Domain_has_no_package_but_analyzers()
    {
        const string Domain = "src/Domain/HeliosSync.Domain.csproj";
        Assert.All(Includes(Domain, "PackageReference"), p => Assert.EndsWith("Analyzers", p, StringComparison.Ordinal));
        Assert.Empty(Includes(Domain, "ProjectReference"));
        Assert.Empty(Includes(Domain, "FrameworkReference"));
    }

    [Theory]
    [InlineData("Codec", "Domain")]
    [InlineData("Actors", "Domain", "Codec")]
    [InlineData("Host", "Domain", "Codec", "Actors")]
    public void A_project_refers_only_to_those_below_it(string project, params string[] below)
    {
        var found = Includes($"src/{project}/HeliosSync.{project}.csproj", "ProjectReference");
        Assert.NotEmpty(found);
        Assert.Subset(below.Select(b => $"../{b}/HeliosSync.{b}.csproj").ToHashSet(), found.ToHashSet());
    }

    private string[] Includes(string project, string item) =>
        [.. sources.Project(project).Descendants(item).Select(e => e.Attribute("Include")!.Value.Replace('\\', '/'))];

    private static void HoldsFor(IEnumerable<SyntaxTree> trees, Func<SyntaxTree, IEnumerable<Finding>> measure) =>
        Holds(trees.SelectMany(measure));

    private static void Holds(IEnumerable<Finding> findings) => Assert.True(!findings.Any(), string.Join('\n', findings));
}
