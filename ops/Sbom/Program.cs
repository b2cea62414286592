using System.Text.Json;
using HeliosSync.Sbom;

// dotnet run --project ops/Sbom -- src > heliossync.cdx.json
if (args is not [var folder])
{
    await Console.Error.WriteLineAsync("usage: HeliosSync.Sbom FOLDER (all packages.lock.json below it are read)");
    return 2;
}

var packages = LockFiles.Read(LockFiles.Below(folder));
await Console.Out.WriteLineAsync(Bom.Make(packages, new PackageFolder(PackageFolder.Default)).ToJsonString(new JsonSerializerOptions
{
    WriteIndented = true,
    Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
}));
return 0;
