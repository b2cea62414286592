using System.Xml.Linq;

namespace HeliosSync.Sbom;

/// <summary>The folder into which NuGet unpacks: it knows what lock files do not, licences and the hashes of whole packages.</summary>
public sealed class PackageFolder(string path)
{
    /// <summary>Where it is on this machine.</summary>
    public static string Default => Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } named
        ? named
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    /// <summary>The SHA-512 of the package as it was downloaded, in lower-case hexadecimal; null where it is not there.</summary>
    public string? Sha512Of(LockedPackage package)
    {
        ArgumentNullException.ThrowIfNull(package);
        var file = Path.Combine(FolderOf(package), $"{Lower(package.Name)}.{Lower(package.Version)}.nupkg.sha512");
        return File.Exists(file) ? Convert.ToHexStringLower(Convert.FromBase64String(File.ReadAllText(file).Trim())) : null;
    }

    /// <summary>The licence as an SPDX expression; null where the package names none in that way, or is not there.</summary>
    public string? LicenceOf(LockedPackage package)
    {
        var licence = Element(package, "license");
        return (string?)licence?.Attribute("type") == "expression" ? licence!.Value : null;
    }

    /// <summary>Where the licence can be read, of packages that say only that.</summary>
    public string? LicenceAddressOf(LockedPackage package) => Element(package, "licenseUrl")?.Value;

    private XElement? Element(LockedPackage package, string name)
    {
        var file = Path.Combine(FolderOf(package), $"{Lower(package.Name)}.nuspec");
        return File.Exists(file) ? XDocument.Load(file).Descendants().FirstOrDefault(e => e.Name.LocalName == name) : null;
    }

    private string FolderOf(LockedPackage package) => Path.Combine(path, Lower(package.Name), Lower(package.Version));

    private static string Lower(string text) => text.ToLowerInvariant();
}
