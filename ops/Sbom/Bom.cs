using System.Text.Json.Nodes;

namespace HeliosSync.Sbom;

/// <summary>
/// Makes a bill of materials: CycloneDX 1.6 in JSON. The same packages make the same text; it has no time and no serial number.
/// </summary>
public static class Bom
{
    private const string Program = "heliossync";

    /// <summary>The bill of the packages that are pinned.</summary>
    public static JsonObject Make(IReadOnlyList<LockedPackage> packages, PackageFolder folder)
    {
        ArgumentNullException.ThrowIfNull(packages);
        ArgumentNullException.ThrowIfNull(folder);
        var addresses = packages.ToDictionary(static p => p.Name, static p => p.Address, StringComparer.OrdinalIgnoreCase);
        var needed = packages.SelectMany(static p => p.Dependencies).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var dependencies = new JsonArray
        {
            Needs(Program, packages.Where(p => !needed.Contains(p.Name)).Select(static p => p.Address)),
        };
        foreach (var package in packages)
        {
            // What is not pinned comes with the runtime.
            var pinned = package.Dependencies.Where(addresses.ContainsKey).Select(name => addresses[name]);
            dependencies.Add((JsonNode)Needs(package.Address, pinned));
        }

        return new JsonObject
        {
            ["bomFormat"] = "CycloneDX",
            ["specVersion"] = "1.6",
            ["version"] = 1,
            ["metadata"] = new JsonObject
            {
                ["component"] = new JsonObject
                {
                    ["type"] = "application",
                    ["bom-ref"] = Program,
                    ["name"] = Program,
                    ["licenses"] = new JsonArray(new JsonObject { ["license"] = new JsonObject { ["id"] = "MIT" } }),
                },
            },
            ["components"] = new JsonArray([.. packages.Select(p => ComponentOf(p, folder))]),
            ["dependencies"] = dependencies,
        };
    }

    private static JsonObject ComponentOf(LockedPackage package, PackageFolder folder)
    {
        var component = new JsonObject
        {
            ["type"] = "library",
            ["bom-ref"] = package.Address,
            ["name"] = package.Name,
            ["version"] = package.Version,
            ["scope"] = package.Shipped ? "required" : "excluded",
        };
        if (folder.Sha512Of(package) is { } hash)
        {
            component["hashes"] = new JsonArray(new JsonObject { ["alg"] = "SHA-512", ["content"] = hash });
        }

        if (folder.LicenceOf(package) is { } expression)
        {
            component["licenses"] = new JsonArray(new JsonObject { ["expression"] = expression });
        }
        else if (folder.LicenceAddressOf(package) is { } address)
        {
            var licence = new JsonObject { ["name"] = "see url", ["url"] = address };
            component["licenses"] = new JsonArray(new JsonObject { ["license"] = licence });
        }

        component["purl"] = package.Address;
        component["properties"] = new JsonArray(new JsonObject { ["name"] = "nuget:contentHash", ["value"] = package.ContentHash });
        return component;
    }

    private static JsonObject Needs(string of, IEnumerable<string> addresses) => new()
    {
        ["ref"] = of,
        ["dependsOn"] = new JsonArray([.. addresses.Select(static a => JsonValue.Create(a))]),
    };
}
