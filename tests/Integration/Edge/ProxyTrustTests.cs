using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.DependencyInjection;

namespace HeliosSync.Integration.Edge;

/// <summary>Whose word on a client's address, scheme and host is believed.</summary>
public sealed class ProxyTrustTests
{
    private static readonly IPAddress Stranger = IPAddress.Parse("127.0.0.2");

    private readonly Witness _witness = new();

    [Fact]
    public async Task A_trusted_proxy_is_believed()
    {
        await using var server = await StartAsync("127.0.0.1");
        var asker = await _witness.AskAsync(
            server.Http,
            ("X-Forwarded-For", "203.0.113.7"),
            ("X-Forwarded-Proto", "https"),
            ("X-Forwarded-Host", "sync.example.com"));
        Assert.Equal(new Asker("203.0.113.7", "https", "sync.example.com"), asker);
    }

    [Fact]
    public async Task Nobody_is_believed_who_is_not_configured()
    {
        await using var server = await StartAsync(null);
        await IsNotBelievedAsync(server, server.Http, "127.0.0.1");
    }

    [Fact]
    public async Task A_stranger_is_not_believed_where_a_proxy_is()
    {
        await using var server = await StartAsync("127.0.0.1,10.0.0.0/8");
        using var http = TlsClient.Http(server.Address, Stranger);
        await IsNotBelievedAsync(server, http, "127.0.0.2");
    }

    /// <summary>From the right, the first that is not trusted is the client; what stands before is that one's own invention.</summary>
    [Theory]
    [InlineData("198.51.100.1, 203.0.113.7, 10.0.0.9", "203.0.113.7")]
    [InlineData("127.0.0.1, 203.0.113.7", "203.0.113.7")]
    [InlineData("10.0.0.3, 10.0.0.9", "10.0.0.3")]
    [InlineData("[2001:db8::7]:4711", "2001:db8::7")]
    public async Task A_chain_of_proxies_is_followed_as_far_as_it_is_trusted(string said, string address)
    {
        await using var server = await StartAsync("127.0.0.1,10.0.0.0/8");
        Assert.Equal(address, (await _witness.AskAsync(server.Http, ("X-Forwarded-For", said))).Address);
    }

    [Theory]
    [InlineData("nobody")]
    [InlineData("203.0.113.7, nobody")]
    [InlineData(",,,")]
    public async Task What_is_no_address_changes_nothing(string said)
    {
        await using var server = await StartAsync("127.0.0.1");
        Assert.Equal("127.0.0.1", (await _witness.AskAsync(server.Http, ("X-Forwarded-For", said))).Address);
    }

    /// <summary>What ASP.NET does where ASPNETCORE_FORWARDEDHEADERS_ENABLED is set, which some images have: it trusts everyone.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData("10.0.0.0/8")]
    public async Task A_variable_of_the_platform_opens_nothing(string? trusted)
    {
        await using var server = await StartAsync(trusted, static services =>
        {
            services.Configure<ForwardedHeadersOptions>(static options =>
            {
                options.ForwardedHeaders = ForwardedHeaders.All;
                options.KnownIPNetworks.Clear();
                options.KnownProxies.Clear();
            });
            services.AddSingleton<IStartupFilter, Forwarded>();
        });
        await IsNotBelievedAsync(server, server.Http, "127.0.0.1");
    }

    private async Task IsNotBelievedAsync(TestServer server, HttpClient http, string address)
    {
        var asker = await _witness.AskAsync(
            http,
            ("X-Forwarded-For", "203.0.113.7"),
            ("X-Forwarded-Proto", "https"),
            ("X-Forwarded-Host", "sync.example.com"),
            ("X-Real-IP", "203.0.113.7"),
            ("Forwarded", "for=203.0.113.7"));
        Assert.Equal(new Asker(address, "http", server.Address.Authority), asker);
    }

    private Task<TestServer> StartAsync(string? trusted, Action<IServiceCollection>? also = null) => TestServer.StartAsync(
        new() { ["TRUSTED_PROXIES"] = trusted },
        services: services =>
        {
            _witness.Join(services);
            also?.Invoke(services);
        });

    private sealed class Forwarded : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.UseForwardedHeaders();
            next(app);
        };
    }
}
