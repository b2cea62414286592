using System.Diagnostics;
using HeliosSync.Integration.Documentation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace HeliosSync.Integration.Shipping;

/// <summary>The settings of NuGet's audit, tried on a copy of the codec's project against a package source of this test's own.</summary>
public sealed class AuditTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("heliossync-").FullName;

    [Fact]
    public async Task A_package_with_a_known_vulnerability_of_the_lowest_severity_fails_the_restore()
    {
        var (code, text) = await RestoreAsync(Known(severity: 0, "(,99.0.0)"));
        Assert.NotEqual(0, code);
        Assert.Contains("error NU1901", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_vulnerability_of_another_version_does_not()
    {
        var (code, text) = await RestoreAsync(Known(severity: 3, "(,0.1.0)"));
        Assert.True(code == 0, text);
    }

    [Fact]
    public async Task A_source_whose_data_cannot_be_read_is_a_warning()
    {
        var (code, text) = await RestoreAsync(null);
        Assert.True(code == 0, text);
        Assert.Contains("warning NU1900", text, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Restores with what the source knows of vulnerabilities; null: it has that part, and it does not answer.</summary>
    private async Task<(int Code, string Text)> RestoreAsync(string? vulnerabilities)
    {
        foreach (var file in (string[])
        [
            "Directory.Build.props", "Directory.Packages.props", "global.json", "src/Directory.Build.props",
            "src/Domain/HeliosSync.Domain.csproj", "src/Domain/packages.lock.json",
            "src/Codec/HeliosSync.Codec.csproj", "src/Codec/packages.lock.json",
        ])
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(_folder, file))!);
            File.Copy(Path.Combine(Page.Root, file), Path.Combine(_folder, file));
        }

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        await using var source = builder.Build();
        source.Urls.Add("http://127.0.0.1:0");
        source.MapGet("/index.json", (HttpRequest r) => Results.Text(
            $$"""
            {"version":"3.0.0","resources":[
            {{Resource(r, "flat/", "PackageBaseAddress/3.0.0")}},{{Resource(r, "known.json", "VulnerabilityInfo/6.7.0")}}]}
            """));
        source.MapGet("/known.json", (HttpRequest r) => vulnerabilities is null ? Results.StatusCode(500) : Results.Text(
            $$"""[{"@name":"base","@id":"http://{{r.Host}}/base.json","@updated":"2026-01-01T00:00:00Z"}]"""));
        source.MapGet("/base.json", () => Results.Text(vulnerabilities));
        await source.StartAsync();
        var config = Path.Combine(_folder, "NuGet.config");
        await File.WriteAllTextAsync(config, $"""
            <configuration><packageSources><clear />
            <add key="audit" value="{source.Urls.Single()}/index.json" allowInsecureConnections="true" />
            </packageSources></configuration>
            """);
        return await DotnetAsync("restore", "src/Codec", "--locked-mode", "--no-http-cache", "--configfile", config);
    }

    private static string Known(int severity, string versions) =>
        $$"""{"zstdsharp.port":[{"severity":{{severity}},"url":"https://advisory.invalid/1","versions":"{{versions}}"}]}""";

    private static string Resource(HttpRequest request, string path, string type) =>
        $$"""{"@id":"http://{{request.Host}}/{{path}}","@type":"{{type}}"}""";

    private async Task<(int Code, string Text)> DotnetAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = _folder, RedirectStandardOutput = true };
        // What the test runner's own MSBuild told its children is not for another one.
        foreach (var name in start.Environment.Keys.Where(static n => n.StartsWith("MSBuild", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        using var process = Process.Start(start)!;
        var text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, text);
    }
}
