using System.Net;
using HeliosSync.Actors;
using HeliosSync.Host;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace HeliosSync.Integration.Hosting;

/// <summary>What is configured: each mistake is one sentence that names the setting, and nothing starts.</summary>
public sealed class SettingsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("heliossync-").FullName;

    /// <summary>A setting, its value, and what its sentence must have in it.</summary>
    public static TheoryData<string, string, string> Mistakes => new()
    {
        { "JWT_SECRET", "short", "JWT_SECRET has 5 bytes and needs at least 32" },
        { "BIND_ADDR", "8080", "BIND_ADDR is \"8080\"" },
        { "BIND_ADDR", "0.0.0.0", "BIND_ADDR is" },
        { "BIND_ADDR", "0.0.0.0:65536", "BIND_ADDR is" },
        { "BIND_ADDR", "0.0.0.0:-1", "BIND_ADDR is" },
        { "BIND_ADDR", "1:8080", "BIND_ADDR is" },
        { "BIND_ADDR", "::1:8080", "BIND_ADDR is" },
        { "BIND_ADDR", "[127.0.0.1]:8080", "BIND_ADDR is" },
        { "BIND_ADDR", "sync.example.com:80", "BIND_ADDR is" },
        { "LOG_LEVEL", "loud", "LOG_LEVEL (or RUST_LOG) has \"loud\"" },
        { "RUST_LOG", "info,HeliosSync=loud", "has \"HeliosSync=loud\"" },
        { "RUST_LOG", "info,=debug", "has \"=debug\"" },
        { "RUST_LOG", "info,a[b]=debug", "has \"a[b]=debug\"" },
        { "RUST_LOG", "info,,debug", "has \"\"" },
        { "ALLOWED_TENANTS", "demo,../x", "ALLOWED_TENANTS has \"../x\"" },
        { "ALLOWED_TENANTS", "demo,", "ALLOWED_TENANTS has \"\"" },
        { "ALLOWED_TENANTS", "a b", "ALLOWED_TENANTS has \"a b\"" },
        { "ALLOW_ANONYMOUS_REGISTRATION", "perhaps", "ALLOW_ANONYMOUS_REGISTRATION is \"perhaps\"" },
        { "HeliosSync:JwtKeyId", "../key", "JwtKeyId is \"../key\"" },
        { "HeliosSync:RequestBytesMax", "1000", "RequestBytesMax is 1000" },
        { "HeliosSync:RequestBytesMax", "many", "many" },
        { "HeliosSync:TenantBytesInFlightMax", "1000", "TenantBytesInFlightMax is 1000" },
        { "HeliosSync:BytesInFlightMax", "1000", "BytesInFlightMax is 1000" },
        { "HeliosSync:RequestsInFlightMax", "0", "RequestsInFlightMax is 0" },
        { "HeliosSync:RequestsInFlightMax", "5000", "RequestsInFlightMax is 5000" },
        { "HeliosSync:RequestsInFlightMax", "255", "RequestsInFlightMax is 255" },
        { "HeliosSync:TenantRequestsInFlightMax", "0", "TenantRequestsInFlightMax is 0" },
        { "HeliosSync:TenantWaitingPullsMax", "0", "TenantWaitingPullsMax is 0" },
        { "HeliosSync:WaitingPullsMax", "1999", "WaitingPullsMax is 1999" },
        { "HeliosSync:TenantStreamsMax", "0", "TenantStreamsMax is 0" },
        { "HeliosSync:StreamsMax", "1999", "StreamsMax is 1999" },
        { "HeliosSync:TenantIdleSeconds", "0", "TenantIdleSeconds is 0" },
        { "HeliosSync:ConnectionsMax", "0", "ConnectionsMax is 0" },
        { "HeliosSync:ShutdownSeconds", "0", "ShutdownSeconds is 0" },
        { "HeliosSync:SnapshotEvents", "9", "SnapshotEvents is 9" },
        { "HeliosSync:FirstSyncChanges", "-1", "FirstSyncChanges is -1" },
        { "HeliosSync:Journal", "postgres", "Journal is \"postgres\"" },
        { "HeliosSync:UnsafeSynchronousOff", "true", "UnsafeSynchronousOff is on, and is refused in Production" },
        { "HeliosSync:AdvertisedAddress", "here", "AdvertisedAddress is \"here\"" },
        { "HeliosSync:Tokens:AccessMinutes", "0", "HeliosSync:Tokens:AccessMinutes is 0" },
        { "HeliosSync:Tokens:RefreshDays", "91", "HeliosSync:Tokens:RefreshDays is 91" },
        { "HeliosSync:Tokens:RefreshGraceSeconds", "601", "HeliosSync:Tokens:RefreshGraceSeconds is 601" },
        { "HeliosSync:Tokens:TenantRevocationsMax", "0", "HeliosSync:Tokens:TenantRevocationsMax is 0" },
        { "HeliosSync:Datadri", "x", "Datadri" },
        { "HeliosSync:Rates:ClientRequestsPerSecond", "-1", "HeliosSync:Rates:ClientRequestsPerSecond is -1; it takes 0 to" },
        { "HeliosSync:Rates:BurstSeconds", "0", "HeliosSync:Rates:BurstSeconds is 0; it takes 1 to 3600." },
        { "CORS_ORIGINS", "app.example.com", "CORS_ORIGINS has \"app.example.com\"" },
        { "CORS_ORIGINS", "https://app.example.com/", "CORS_ORIGINS has \"https://app.example.com/\"" },
        { "HeliosSync:CorsOrigins:0", "https://u:p@app.example.com", "CORS_ORIGINS has" },
        { "HeliosSync:ConflictPolicy", "merge", "ConflictPolicy is \"merge\"" },
        { "HeliosSync:ConflictPolicyTables:0", "tasks", "ConflictPolicyTables has \"tasks\"" },
        { "HeliosSync:ConflictPolicyTables:0", "a b=reject", "ConflictPolicyTables has \"a b=reject\"" },
        { "HeliosSync:ConflictPolicyTables:0", "tasks=merge", "ConflictPolicyTables is \"merge\"" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_mistake_is_one_sentence_that_names_it(string name, string value, string sentence)
    {
        var problem = Assert.Single(Problems(development: false, (name, value)));
        Assert.Contains(sentence, problem, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', problem);
    }

    [Fact]
    public void Every_mistake_is_told_at_once() =>
        Assert.Equal(3, Problems(development: false, ("BIND_ADDR", "x"), ("LOG_LEVEL", "x"), ("JWT_SECRET", "x")).Count);

    [Theory]
    [InlineData("your-secret-key")]
    [InlineData("your-256-bit-secret-key")]
    [InlineData("your-256-bit-secret-key-change-in-production")]
    [InlineData("secret")]
    [InlineData("a-string-secret-at-least-256-bits-long")]
    [InlineData("CHANGE-ME-CHANGE-ME-CHANGE-ME-CHANGE-ME")]
    [InlineData("12345678901234567890123456789012")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public void A_secret_that_everyone_knows_is_refused_in_Production(string secret) =>
        Assert.Contains("openssl rand", Assert.Single(Problems(development: false, ("JWT_SECRET", secret))), StringComparison.Ordinal);

    [Fact]
    public void A_good_secret_stays_good_behind_a_known_word() =>
        Assert.Empty(Problems(development: false, ("JWT_SECRET", "my-secret-" + TestServer.Secret)));

    [Fact]
    public void Production_needs_a_secret_and_does_not_take_the_one_that_Development_made()
    {
        var made = Read(development: true, ("JWT_SECRET", ""));
        Assert.True(made.SecretWasMade);
        Assert.Contains("JWT_SECRET is not set", Assert.Single(Problems(development: false, ("JWT_SECRET", ""))), StringComparison.Ordinal);
    }

    [Fact]
    public void Development_makes_a_secret_once_and_keeps_it_to_itself()
    {
        var first = Read(development: true, ("JWT_SECRET", ""));
        var again = Read(development: true, ("JWT_SECRET", ""));
        Assert.Equal((true, false, first.Secret), (first.SecretWasMade, again.SecretWasMade, again.Secret));
        Assert.True(first.Secret.Length >= 64);
        Assert.DoesNotContain(first.Secret, first.ToString(), StringComparison.Ordinal);
        var file = Assert.Single(Directory.GetFiles(_folder));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
    }

    [Fact]
    public void A_data_folder_that_cannot_be_written_is_told()
    {
        var file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        var problem = Assert.Single(Problems(development: true, ("DATA_DIR", Path.Combine(file, "data")), ("JWT_SECRET", "")));
        Assert.StartsWith($"DATA_DIR {file}", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void The_section_is_read_and_variables_and_code_go_before_it()
    {
        var settings = SettingsReader.Read(
            Configuration(
                ("HeliosSync:BindAddress", "127.0.0.1:1"),
                ("BIND_ADDR", "[::1]:2"),
                ("HeliosSync:AllowedTenants:0", "one"),
                ("HeliosSync:RequestBytesMax", "100000"),
                ("LOG_LEVEL", "warn"),
                ("RUST_LOG", "trace")),
            development: false,
            static options => options.RequestBytesMax = 200_000);
        Assert.Equal(new IPEndPoint(IPAddress.IPv6Loopback, 2), settings.Listen);
        Assert.Equal([Ids.Tenant("one")], settings.Tenants);
        Assert.Equal(200_000, settings.RequestBytesMax);
        Assert.Equal(LogLevel.Warning, settings.Log.Root);
    }

    [Theory]
    [InlineData(null, JournalPlugin.Sqlite)]
    [InlineData("sqlite", JournalPlugin.Sqlite)]
    [InlineData("akka-persistence-sql", JournalPlugin.AkkaPersistenceSql)]
    public void The_journal_is_our_own_unless_said(string? said, JournalPlugin journal)
    {
        var given = said is null ? [] : new (string, string?)[] { ("HeliosSync:Journal", said) };
        Assert.Equal(journal, Read(development: false, given).Journal);
    }

    [Theory]
    [InlineData(true, null, true)]
    [InlineData(false, null, false)]
    [InlineData(true, "false", false)]
    [InlineData(false, "1", true)]
    public void Anonymous_registration_is_on_in_Development_alone_unless_said(bool development, string? said, bool on) =>
        Assert.Equal(on, Read(development, ("ALLOW_ANONYMOUS_REGISTRATION", said)).AnonymousRegistration);

    [Theory]
    [InlineData("0.0.0.0:8080", "0.0.0.0:8080")]
    [InlineData(":8080", "0.0.0.0:8080")]
    [InlineData("*:8080", "0.0.0.0:8080")]
    [InlineData("localhost:80", "127.0.0.1:80")]
    [InlineData("[::]:0", "[::]:0")]
    public void An_address_is_understood(string text, string endPoint)
    {
        Assert.True(BindAddress.TryParse(text, out var parsed));
        Assert.Equal(endPoint, parsed.ToString());
    }

    [Fact]
    public void A_directive_has_a_level_for_all_and_others_for_parts()
    {
        Assert.True(LogDirective.TryParse("warn, HeliosSync.Actors=DEBUG,heliosdb_nano=trace", out var directive, out _));
        Assert.Equal(LogLevel.Warning, directive.Root);
        Assert.Equal([new("HeliosSync.Actors", LogLevel.Debug), new("HeliosSync", LogLevel.Trace)], directive.Categories);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private IReadOnlyList<string> Problems(bool development, params (string Name, string? Value)[] settings)
    {
        try
        {
            Read(development, settings);
            return [];
        }
        catch (SettingsException e)
        {
            return e.Problems;
        }
    }

    private Settings Read(bool development, params (string Name, string? Value)[] settings) =>
        SettingsReader.Read(Configuration(settings), development);

    private IConfiguration Configuration(params (string Name, string? Value)[] settings)
    {
        var all = new Dictionary<string, string?> { ["DATA_DIR"] = _folder, ["JWT_SECRET"] = TestServer.Secret };
        foreach (var (name, value) in settings)
        {
            all[name] = value;
        }

        return new ConfigurationBuilder().AddInMemoryCollection(all).Build();
    }
}
