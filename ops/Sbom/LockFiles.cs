using System.Text.Json.Nodes;

namespace HeliosSync.Sbom;

/// <summary>A package as lock files pin it.</summary>
/// <param name="Name">Its id.</param>
/// <param name="Version">The one version that is used.</param>
/// <param name="ContentHash">NuGet's SHA-512 over its contents, without its signature; base64.</param>
/// <param name="Dependencies">Names of the packages that it needs.</param>
/// <param name="Shipped">Whether the program has it; else it is for building alone, as analyzers are.</param>
public sealed record LockedPackage(
    string Name, string Version, string ContentHash, IReadOnlyList<string> Dependencies, bool Shipped)
{
    /// <summary>Its address among all packages of the world (purl).</summary>
    public string Address => $"pkg:nuget/{Name}@{Version}";
}

/// <summary>Reads NuGet's lock files (packages.lock.json, version 2).</summary>
public static class LockFiles
{
    /// <summary>The lock files below a folder, but for those of single runtimes, which pin the same packages.</summary>
    public static IEnumerable<string> Below(string folder) =>
        Directory.EnumerateFiles(folder, "packages.lock.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal);

    /// <summary>
    /// Every package that they pin, once each, by name. What the project <c>Host</c> pins is shipped. Two versions of one package are an
    /// error: the program has one, and nobody could tell which.
    /// </summary>
    public static IReadOnlyList<LockedPackage> Read(IEnumerable<string> paths)
    {
        var found = new SortedDictionary<string, LockedPackage>(StringComparer.OrdinalIgnoreCase);
        foreach (var path in paths)
        {
            var shipped = Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(path))) == "Host";
            foreach (var package in Read(JsonNode.Parse(File.ReadAllText(path))!, shipped))
            {
                var known = found.GetValueOrDefault(package.Name);
                if (known is not null && (known.Version != package.Version || known.ContentHash != package.ContentHash))
                {
                    throw new InvalidDataException($"{package.Name} is pinned as {known.Version} and, in {path}, as {package.Version}.");
                }

                found[package.Name] = package with { Shipped = shipped || known is { Shipped: true } };
            }
        }

        return [.. found.Values];
    }

    private static IEnumerable<LockedPackage> Read(JsonNode file, bool shipped)
    {
        foreach (var (_, framework) in file["dependencies"]!.AsObject())
        {
            foreach (var (name, entry) in framework!.AsObject())
            {
                if ((string)entry!["type"]! != "Project")
                {
                    var needs = entry["dependencies"]?.AsObject().Select(static d => d.Key) ?? [];
                    yield return new LockedPackage(
                        name, (string)entry["resolved"]!, (string)entry["contentHash"]!, [.. needs.Order(StringComparer.Ordinal)], shipped);
                }
            }
        }
    }
}
