using HeliosSync.Host;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;

namespace HeliosSync.Integration.Storage;

/// <summary>A command of <c>heliossync</c> on a data folder, in this process.</summary>
internal static class CommandRun
{
    /// <summary>Its exit code, and what it wrote, a line each.</summary>
    public static async Task<(int Code, string[] Lines)> OfAsync(string dataDir, params string[] args)
    {
        using var output = new StringWriter();
        WebApplicationBuilder Builder()
        {
            var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
            builder.Configuration.Sources.Clear();
            builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["BIND_ADDR"] = "127.0.0.1:0",
                ["DATA_DIR"] = dataDir,
                ["JWT_SECRET"] = TestServer.Secret,
                ["LOG_LEVEL"] = "off",
            });
            return builder;
        }

        var code = await new CommandLine(output, output, Builder).RunAsync(args);
        return (code, output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
