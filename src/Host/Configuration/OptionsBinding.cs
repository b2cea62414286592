namespace HeliosSync.Host;

/// <summary>Brings the configuration's sources into one <see cref="HeliosSyncOptions"/>.</summary>
internal static class OptionsBinding
{
    /// <summary>
    /// The section first, then the environment variables. These are read from the configuration, never from the process,
    /// so that several servers in one process can differ.
    /// </summary>
    public static HeliosSyncOptions Bind(IConfiguration configuration, ICollection<string> problems)
    {
        var options = new HeliosSyncOptions();
        try
        {
            configuration.GetSection(HeliosSyncOptions.Section).Bind(options, static b => b.ErrorOnUnknownConfiguration = true);
        }
        catch (InvalidOperationException e)
        {
            problems.Add($"The configuration section {HeliosSyncOptions.Section} does not hold: {e.Message}");
        }

        Take(configuration, "JWT_SECRET", v => options.JwtSecret = v);
        Take(configuration, "BIND_ADDR", v => options.BindAddress = v);
        Take(configuration, "DATA_DIR", v => options.DataDir = v);
        if (!Take(configuration, "LOG_LEVEL", v => options.LogLevel = v))
        {
            Take(configuration, "RUST_LOG", v => options.LogLevel = v);
        }

        Take(configuration, "ALLOWED_TENANTS", v => Replace(options.AllowedTenants, v));
        Take(configuration, "CORS_ORIGINS", v => Replace(options.CorsOrigins, v));
        Take(configuration, "ALLOW_ANONYMOUS_REGISTRATION", v =>
        {
            options.AllowAnonymousRegistration = v.Trim().ToLowerInvariant() switch
            {
                "true" or "1" or "yes" or "on" => true,
                "false" or "0" or "no" or "off" => false,
                _ => Complain(problems, v),
            };
        });
        EdgeSettingsReader.Bind(configuration, options.Edge);
        return options;
    }

    private static bool? Complain(ICollection<string> problems, string value)
    {
        problems.Add($"ALLOW_ANONYMOUS_REGISTRATION is {Quoted.Text(value)}; it takes true or false.");
        return null;
    }

    internal static void Replace(IList<string> names, string value)
    {
        names.Clear();
        foreach (var name in value.Split(',', StringSplitOptions.TrimEntries))
        {
            names.Add(name);
        }
    }

    /// <summary>An empty variable counts as one that is not set, as shells and container files commonly mean it.</summary>
    internal static bool Take(IConfiguration configuration, string variable, Action<string> use)
    {
        var value = configuration[variable];
        if (string.IsNullOrWhiteSpace(value))
        {
            return false;
        }

        use(value);
        return true;
    }
}
