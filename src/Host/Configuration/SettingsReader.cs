using System.Collections.Frozen;
using System.Net;
using HeliosSync.Actors;
using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary>Makes <see cref="Settings"/> of options, or says everything that is wrong with them.</summary>
internal sealed class SettingsReader
{
    private const long RequestBytesMin = 64 * 1_024;
    private const long RequestBytesCeiling = 256L * 1_024 * 1_024;
    private readonly List<string> _problems = [];

    /// <summary>Reads, checks, prepares the data folder; throws <see cref="SettingsException"/> with every mistake there is.</summary>
    /// <param name="configuration">Appsettings, environment and command line, as the program put them together.</param>
    /// <param name="development">Whether the environment is Development.</param>
    /// <param name="configure">What the embedding code says on top.</param>
    public static Settings Read(IConfiguration configuration, bool development, Action<HeliosSyncOptions>? configure = null)
    {
        var reader = new SettingsReader();
        var options = OptionsBinding.Bind(configuration, reader._problems);
        configure?.Invoke(options);
        var settings = reader.Check(options, development);
        return reader._problems.Count == 0 ? settings : throw new SettingsException(reader._problems);
    }

    /// <summary>
    /// The secret in force, for a command that only makes tokens: the configured one, or the one that the server made in its folder,
    /// whatever the environment is called there.
    /// </summary>
    public static string FindSecret(IConfiguration configuration, bool development, ICollection<string> problems, out string? keyId)
    {
        var reader = new SettingsReader();
        var options = OptionsBinding.Bind(configuration, reader._problems);
        keyId = reader.KeyId(options.JwtKeyId);
        var made = Path.GetFullPath(options.DataDir);
        var secret = string.IsNullOrEmpty(options.JwtSecret) && SecretFile.TryRead(made, out var kept)
            ? kept
            : reader.Secret(options.JwtSecret, development ? reader.Folder(options.DataDir) : made, development, out _);
        foreach (var problem in reader._problems)
        {
            problems.Add(problem);
        }

        return secret;
    }

    private Settings Check(HeliosSyncOptions options, bool development)
    {
        CheckLimits(options);
        Note(options.UnsafeSynchronousOff && !development
            ? "HeliosSync:UnsafeSynchronousOff is on, and is refused in Production: a power cut would lose what was acknowledged."
            : null);
        var dataDir = Folder(options.DataDir);
        var secret = Secret(options.JwtSecret, dataDir, development, out var secretMade);
        return new Settings(
            development,
            Listen(options.BindAddress),
            dataDir ?? "",
            secret,
            secretMade,
            KeyId(options.JwtKeyId),
            Log(options.LogLevel),
            Tenants(options.AllowedTenants),
            options.AllowAnonymousRegistration ?? development,
            options.RequestBytesMax,
            options.TenantBytesInFlightMax,
            options.BytesInFlightMax,
            options.TenantRequestsInFlightMax,
            options.RequestsInFlightMax,
            options.Rates,
            WebOrigins.Read(options.CorsOrigins, _problems),
            options.TenantWaitingPullsMax,
            options.WaitingPullsMax,
            options.TenantStreamsMax,
            options.StreamsMax,
            TimeSpan.FromSeconds(options.TenantIdleSeconds),
            TimeSpan.FromDays(options.ForgetClientsAfterDays),
            options.ConnectionsMax,
            TimeSpan.FromSeconds(options.ShutdownSeconds),
            options.SnapshotEvents,
            options.FirstSyncChanges,
            TimeSpan.FromDays(options.HistoryDays),
            TimeSpan.FromHours(options.CompactEveryHours),
            Journal(options.Journal),
            options.UnsafeSynchronousOff,
            options.NodeId ?? Environment.MachineName,
            PolicySettings.Read(options, _problems),
            MetricsSettings.Read(options.Metrics, _problems),
            EdgeSettingsReader.Read(options.Edge, _problems),
            AuditSettings.Read(options.Audit, dataDir ?? "", _problems),
            Address(options.AdvertisedAddress),
            TokenSettings.Read(options.Tokens, _problems));
    }

    private string? Folder(string path)
    {
        if (path.AsSpan().ContainsAny('\0', '\n', '\r'))
        {
            _problems.Add("DATA_DIR is no path.");
            return null;
        }

        var full = Path.GetFullPath(path);
        if (DataFolder.Prepare(full) is not { } problem)
        {
            return full;
        }

        _problems.Add(problem);
        return null;
    }

    private string Secret(string? given, string? dataDir, bool development, out bool made)
    {
        made = false;
        if (string.IsNullOrEmpty(given))
        {
            if (!development)
            {
                _problems.Add(SecretStrength.Missing);
                return "";
            }

            if (dataDir is null)
            {
                // There is no folder to keep one in, which has been said.
                return "";
            }

            given = SecretFile.ReadOrMake(dataDir, out made);
        }

        Note(SecretStrength.Problem(given, production: !development));
        return given;
    }

    private IPEndPoint Listen(string text)
    {
        if (!BindAddress.TryParse(text, out var endPoint))
        {
            _problems.Add($"BIND_ADDR is {Quoted.Text(text)}; it takes an IP address and a port, such as 0.0.0.0:8080 or [::1]:8080.");
        }

        return endPoint;
    }

    private LogDirective Log(string text)
    {
        if (LogDirective.TryParse(text, out var directive, out var mistake))
        {
            return directive;
        }

        _problems.Add(
            $"LOG_LEVEL (or RUST_LOG) has {Quoted.Text(mistake)}; it takes trace, debug, info, warn, error or off, "
            + "also for single parts as in info,HeliosSync.Actors=debug.");
        return new LogDirective(LogLevel.Information, []);
    }

    private FrozenSet<TenantId>? Tenants(IList<string> names)
    {
        var tenants = new HashSet<TenantId>();
        foreach (var name in names)
        {
            if (TenantId.TryParse(name, out var tenant))
            {
                tenants.Add(tenant);
            }
            else
            {
                _problems.Add(
                    $"ALLOWED_TENANTS has {Quoted.Text(name)}; an id has 1 to {Limits.ClientIdCharsMax} characters of A-Z a-z 0-9 . _ : -");
            }
        }

        return names.Count == 0 ? null : tenants.ToFrozenSet();
    }

    private JournalPlugin Journal(string text)
    {
        switch (text)
        {
            case "sqlite":
                return JournalPlugin.Sqlite;
            case "akka-persistence-sql":
                return JournalPlugin.AkkaPersistenceSql;
            default:
                _problems.Add($"HeliosSync:Journal is {Quoted.Text(text)}; it takes sqlite or akka-persistence-sql.");
                return default;
        }
    }

    private string? KeyId(string? text)
    {
        Note(text is null || Alphabets.IsClientId(text)
            ? null
            : $"HeliosSync:JwtKeyId is {Quoted.Text(text)}; it takes 1 to {Limits.ClientIdCharsMax} characters of A-Z a-z 0-9 . _ : -");
        return text;
    }

    private Uri? Address(string? text)
    {
        if (text is null)
        {
            return null;
        }

        if (Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https")
        {
            return address;
        }

        _problems.Add($"HeliosSync:AdvertisedAddress is {Quoted.Text(text)}; it takes a URL such as http://10.0.0.7:8080.");
        return null;
    }

    private void CheckLimits(HeliosSyncOptions o)
    {
        Between(nameof(o.RequestBytesMax), o.RequestBytesMax, RequestBytesMin, RequestBytesCeiling);
        Between(nameof(o.TenantBytesInFlightMax), o.TenantBytesInFlightMax, o.RequestBytesMax, long.MaxValue);
        Between(nameof(o.BytesInFlightMax), o.BytesInFlightMax, o.TenantBytesInFlightMax, long.MaxValue);
        Between(nameof(o.TenantRequestsInFlightMax), o.TenantRequestsInFlightMax, 1, SyncServerOptions.RequestsAtOnceMax);
        Between(
            nameof(o.RequestsInFlightMax), o.RequestsInFlightMax, o.TenantRequestsInFlightMax, SyncServerOptions.RequestsAtOnceMax);
        _problems.AddRange(o.Rates.Problems());
        Between(nameof(o.TenantWaitingPullsMax), o.TenantWaitingPullsMax, 1, 1_000_000);
        Between(nameof(o.WaitingPullsMax), o.WaitingPullsMax, o.TenantWaitingPullsMax, 1_000_000);
        Between(nameof(o.TenantStreamsMax), o.TenantStreamsMax, 1, 1_000_000);
        Between(nameof(o.StreamsMax), o.StreamsMax, o.TenantStreamsMax, 1_000_000);
        Between(nameof(o.TenantIdleSeconds), o.TenantIdleSeconds, 1, 86_400);
        Between(nameof(o.ForgetClientsAfterDays), o.ForgetClientsAfterDays, 0, 36_500);
        Between(nameof(o.ConnectionsMax), o.ConnectionsMax, 1, 1_000_000);
        Between(nameof(o.ShutdownSeconds), o.ShutdownSeconds, 1, 3_600);
        Between(nameof(o.SnapshotEvents), o.SnapshotEvents, 10, 10_000_000);
        Between(nameof(o.FirstSyncChanges), o.FirstSyncChanges, 0, Limits.SafeIntegerMax);
        Between(nameof(o.HistoryDays), o.HistoryDays, 0, 36_500);
        Between(nameof(o.CompactEveryHours), o.CompactEveryHours, 0, 1_000);
    }

    private void Between(string option, long value, long least, long most) => Note(
        value >= least && value <= most
            ? null
            : $"{HeliosSyncOptions.Section}:{option} is {value}; it takes {least}{(most == long.MaxValue ? " or more" : $" to {most}")}.");

    private void Note(string? problem)
    {
        if (problem is not null)
        {
            _problems.Add(problem);
        }
    }
}
