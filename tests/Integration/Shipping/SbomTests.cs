using System.Text.Json;
using System.Text.Json.Nodes;
using HeliosSync.Integration.Documentation;
using HeliosSync.Sbom;

namespace HeliosSync.Integration.Shipping;

/// <summary>The bill of materials that <c>ops/Sbom</c> makes has what the lock files pin, and nothing else.</summary>
public sealed class SbomTests
{
    private static readonly string Sources = Path.Combine(Page.Root, "src");

    private static JsonObject Made { get; } = Bom.Make(LockFiles.Read(LockFiles.Below(Sources)), new PackageFolder(PackageFolder.Default));

    /// <summary>Counted in the lock files' text, not by the reader that made the bill.</summary>
    [Fact]
    public void Every_package_of_the_lock_files_is_in_it_with_version_and_hash()
    {
        var pinned = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var file in Directory.GetFiles(Sources, "packages.lock.json", SearchOption.AllDirectories))
        {
            using var json = JsonDocument.Parse(File.ReadAllText(file));
            foreach (var package in json.RootElement.GetProperty("dependencies").EnumerateObject()
                .SelectMany(static f => f.Value.EnumerateObject()).Where(static p => p.Value.TryGetProperty("resolved", out _)))
            {
                pinned.Add($"{package.Name} {package.Value.GetProperty("resolved")} {package.Value.GetProperty("contentHash")}");
            }
        }

        Assert.True(pinned.Count > 20, $"{pinned.Count} packages");
        var listed = Components.Select(static c => $"{c!["name"]} {c["version"]} {c["properties"]![0]!["value"]}");
        Assert.Equal(pinned, listed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Everything_that_is_shipped_has_a_licence_and_the_hash_of_its_package()
    {
        var shipped = Components.Where(static c => (string)c!["scope"]! == "required").ToList();
        Assert.Contains(shipped, static c => (string)c!["name"]! == "Akka");
        Assert.DoesNotContain(shipped, static c => (string)c!["name"]! == "Microsoft.CodeAnalysis.BannedApiAnalyzers");
        Assert.All(shipped, static c =>
        {
            Assert.NotNull(c!["licenses"]);
            Assert.Equal(128, ((string)c["hashes"]![0]!["content"]!).Length);
        });
    }

    [Fact]
    public void Every_package_hangs_on_the_program_and_no_dependency_leads_nowhere()
    {
        var needs = Made["dependencies"]!.AsArray()
            .ToDictionary(static d => (string)d!["ref"]!, static d => d!["dependsOn"]!.AsArray().Select(static a => (string)a!).ToList());
        var reached = new HashSet<string>();
        var left = new Stack<string>(["heliossync"]);
        while (left.TryPop(out var at))
        {
            if (reached.Add(at))
            {
                needs[at].ForEach(left.Push);
            }
        }

        Assert.Equal(Components.Select(static c => (string)c!["purl"]!).Append("heliossync").Order(), reached.Order());
    }

    [Fact]
    public void It_is_the_same_each_time()
    {
        var again = Bom.Make(LockFiles.Read(LockFiles.Below(Sources)), new PackageFolder(PackageFolder.Default));
        Assert.Equal(Made.ToJsonString(), again.ToJsonString());
    }

    [Fact]
    public void Two_versions_of_one_package_are_an_error()
    {
        var folder = Directory.CreateTempSubdirectory("heliossync-").FullName;
        foreach (var version in (string[])["1.0.0", "2.0.0"])
        {
            var project = Directory.CreateDirectory(Path.Combine(folder, version)).FullName;
            File.WriteAllText(
                Path.Combine(project, "packages.lock.json"),
                """{"version":2,"dependencies":{"net10.0":{"A":{"type":"Direct","resolved":"V","contentHash":"x"}}}}"""
                    .Replace("V", version, StringComparison.Ordinal));
        }

        Assert.Throws<InvalidDataException>(() => LockFiles.Read(LockFiles.Below(folder)));
        Directory.Delete(folder, recursive: true);
    }

    private static IEnumerable<JsonNode?> Components => Made["components"]!.AsArray();
}
