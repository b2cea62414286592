using HeliosSync.Host;
using HeliosSync.Integration.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace HeliosSync.Integration.Shipping;

/// <summary><c>heliossync health</c>, which an image's health check runs.</summary>
public sealed class HealthCommandTests
{
    [Theory]
    [InlineData("--live=false")]
    [InlineData("--live=true")]
    public async Task A_server_that_is_well_gives_0_and_one_that_is_gone_gives_1(string live)
    {
        await using var server = await TestServer.StartAsync();
        string[] asked = ["health", live, "--url", server.Address.ToString()];
        var (code, lines) = await CommandRun.OfAsync(server.DataDir, asked);
        Assert.Equal(0, code);
        Assert.Contains("\"status\":\"healthy\"", Assert.Single(lines), StringComparison.Ordinal);
        await server.StopAsync();
        var (gone, said) = await CommandRun.OfAsync(server.DataDir, asked);
        Assert.Equal(1, gone);
        Assert.Contains("does not answer", Assert.Single(said), StringComparison.Ordinal);
        await server.InitializeAsync();
    }

    [Fact]
    public async Task A_server_that_lives_and_is_not_ready_gives_1_unless_its_life_alone_is_asked_for()
    {
        await using var app = WebApplication.CreateSlimBuilder().Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.MapGet(HeliosSyncEndpoints.BasePath + "/health/ready", static () => Results.StatusCode(503));
        app.MapGet(HeliosSyncEndpoints.BasePath + "/health/live", static () => Results.Ok());
        await app.StartAsync();
        Assert.Equal(1, (await CommandRun.OfAsync(".", "health", "--url", app.Urls.Single())).Code);
        Assert.Equal(0, (await CommandRun.OfAsync(".", "health", "--live", "--url", app.Urls.Single())).Code);
    }

    [Fact]
    public async Task What_is_no_address_is_a_mistake() =>
        Assert.Equal(CommandLine.Misused, (await CommandRun.OfAsync(".", "health", "--url", "ftp://localhost")).Code);
}
