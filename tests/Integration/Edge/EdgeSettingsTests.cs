using HeliosSync.Host;
using HeliosSync.Integration.Documentation;
using Microsoft.Extensions.Configuration;

namespace HeliosSync.Integration.Edge;

/// <summary>What is configured of TLS and proxies: each mistake is one sentence that names the setting, and nothing starts.</summary>
public sealed class EdgeSettingsTests : IDisposable
{
    private readonly CertificateFolder _files = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("heliossync-").FullName;

    [Theory]
    [InlineData("TRUSTED_PROXIES", "10.0.0.1,proxy", "TRUSTED_PROXIES has \"proxy\"")]
    [InlineData("TRUSTED_PROXIES", "0.0.0.0/0", "TRUSTED_PROXIES has \"0.0.0.0/0\"")]
    [InlineData("TRUSTED_PROXIES", "::/0", "TRUSTED_PROXIES has \"::/0\"")]
    [InlineData("TRUSTED_PROXIES", "10.0.0.1/8", "TRUSTED_PROXIES has \"10.0.0.1/8\"")]
    [InlineData("TRUSTED_PROXIES", "10.1", "TRUSTED_PROXIES has \"10.1\"")]
    [InlineData("TLS_KEY_FILE", "key.pem", "TLS_KEY_FILE is set, and TLS_CERT_FILE is not")]
    [InlineData("TLS_CERT_FILE", "nowhere.pem", "nowhere.pem")]
    [InlineData("HeliosSync:Edge:CertificateCheckSeconds", "0", "CertificateCheckSeconds is 0")]
    [InlineData("HeliosSync:Edge:Certificat", "x", "Certificat")]
    public void A_mistake_is_one_sentence_that_names_it(string name, string value, string sentence)
    {
        var problem = Assert.Single(Problems((name, value)));
        Assert.Contains(sentence, problem, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', problem);
    }

    [Fact]
    public void A_wrong_password_is_told_and_never_shown()
    {
        var problem = Assert.Single(Problems(("TLS_CERT_FILE", _files.Pfx), ("TLS_CERT_PASSWORD", "not this one")));
        Assert.Contains("TLS_CERT_FILE", problem, StringComparison.Ordinal);
        Assert.DoesNotContain("not this one", problem, StringComparison.Ordinal);
        var settings = Read(("TLS_CERT_FILE", _files.Pfx), ("TLS_CERT_PASSWORD", CertificateFolder.Password));
        var options = new EdgeOptions { CertificatePassword = CertificateFolder.Password };
        Assert.DoesNotContain(CertificateFolder.Password, $"{settings.Edge} {options}", StringComparison.Ordinal);
    }

    [Fact]
    public void Addresses_and_networks_are_understood()
    {
        var networks = Read(("TRUSTED_PROXIES", "127.0.0.1, ::1,10.1.0.0/16")).Edge.TrustedProxies;
        Assert.Equal(["127.0.0.1/32", "::1/128", "10.1.0.0/16"], networks.Select(static n => n.ToString()));
        Assert.Empty(Read().Edge.TrustedProxies);
    }

    [Fact]
    public void Every_option_stands_in_the_operations_page()
    {
        var text = string.Join('\n', new Page("docs/operations.md").Lines);
        Assert.All(
            typeof(EdgeOptions).GetProperties(),
            option => Assert.Contains($"`Edge:{option.Name}`", text, StringComparison.Ordinal));
    }

    public void Dispose()
    {
        _files.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private IReadOnlyList<string> Problems(params (string Name, string? Value)[] settings) =>
        Assert.Throws<SettingsException>(() => Read(settings)).Problems;

    private Settings Read(params (string Name, string? Value)[] settings)
    {
        var all = new Dictionary<string, string?> { ["DATA_DIR"] = _folder, ["JWT_SECRET"] = TestServer.Secret };
        foreach (var (name, value) in settings)
        {
            all[name] = value;
        }

        return SettingsReader.Read(new ConfigurationBuilder().AddInMemoryCollection(all).Build(), development: false);
    }
}
