using System.CommandLine;

namespace HeliosSync.Host;

/// <summary>
/// What <c>heliossync</c> understands: <c>serve</c>, which is also what it does without a command, and commands that make tokens and
/// secrets, look after a data folder, or ask a running server.
/// </summary>
/// <param name="output">Standard output.</param>
/// <param name="error">Standard error: one line for each mistake.</param>
/// <param name="builder">Where configuration and environment come from.</param>
internal sealed class CommandLine(TextWriter output, TextWriter error, Func<WebApplicationBuilder> builder)
{
    /// <summary>Exit code where the command line or the configuration does not hold.</summary>
    public const int Misused = 2;

    /// <summary>Runs a command and returns its exit code.</summary>
    public async Task<int> RunAsync(IReadOnlyList<string> args)
    {
        var root = new RootCommand("HeliosSync: a sync server for clients that work offline.")
        {
            Serve(),
            Token(),
            Check(),
            Backup(),
            Restore(),
            Compact(),
            KeysCommand.Of(output),
            HealthCommand.Of(output, builder),
            new AuditCommand(output, builder).Build(),
            RevokeCommand.Make(output, builder),
        };
        root.SetAction((_, ct) => new ServeCommand(output, builder).RunAsync(ct));
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            return await ComplainAsync([.. parsed.Errors.Select(static e => e.Message), "See heliossync --help."]);
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                Output = output,
                Error = error,
                EnableDefaultExceptionHandler = false,
                // The host listens for signals itself, and takes the time that it needs to stop in order.
                ProcessTerminationTimeout = null,
            });
        }
        catch (Exception e) when (StartFailure.Explain(e) is { } sentences)
        {
            return await ComplainAsync(sentences);
        }
    }

    private Command Serve()
    {
        var serve = new Command("serve", "Start the server. Environment variables and appsettings.json configure it; see the README.");
        serve.SetAction((_, ct) => new ServeCommand(output, builder).RunAsync(ct));
        return serve;
    }

    private Command Check()
    {
        var check = new Command(
            "check", "Read everything in the data folder of a stopped server; print what is damaged, a line each, and exit with 1 then.");
        check.SetAction((_, _) => new CheckCommand(output, builder).RunAsync());
        return check;
    }

    private Command Backup()
    {
        var to = new Option<string>("--to") { Description = "A folder that is not there yet, or empty.", Required = true };
        var json = Json();
        var backup = new Command(
            "backup", "Copy the journal, while the server runs or not, and check the copy; exit with 1 where it is damaged.")
        {
            to,
            json,
        };
        backup.SetAction((parsed, _) =>
            new BackupCommand(output, builder).RunAsync(parsed.GetRequiredValue(to), parsed.GetValue(json)));
        return backup;
    }

    private Command Restore()
    {
        var from = new Option<string>("--from") { Description = "The folder of a backup.", Required = true };
        var replace = new Option<bool>("--replace") { Description = "Put aside the journal that the data folder has." };
        var json = Json();
        var restore = new Command(
            "restore", "Put a backup in the place of a stopped server's journal; all clients start anew. Exit with 1 where it is damaged.")
        {
            from,
            replace,
            json,
        };
        restore.SetAction((parsed, _) => new RestoreCommand(output, builder).RunAsync(
            parsed.GetRequiredValue(from), parsed.GetValue(replace), parsed.GetValue(json)));
        return restore;
    }

    private static Option<bool> Json() => new("--json") { Description = "Say it in one line of JSON." };

    private Command Compact()
    {
        var dryRun = new Option<bool>("--dry-run") { Description = "Change nothing; only say what would go, by table." };
        var tenant = new Option<string?>("--tenant") { Description = "The one tenant that it is for; all where not given." };
        var compact = new Command(
            "compact", "Of changes older than HistoryDays, keep the last of each row, and give the space back. For a stopped server.")
        {
            dryRun,
            tenant,
        };
        compact.SetAction((parsed, _) =>
            new CompactCommand(output, builder).RunAsync(parsed.GetValue(dryRun), parsed.GetValue(tenant)));
        return compact;
    }

    private Command Token()
    {
        var client = new Option<string>("--client") { Description = "The client's id.", Required = true };
        var tenant = new Option<string>("--tenant") { Description = "The tenant's id.", Required = true };
        var scopes = new Option<string>("--scopes")
        {
            Description = "What the token allows, with commas between.",
            DefaultValueFactory = static _ => TokenCommand.DefaultScopes,
        };
        var lifetime = new Option<string>("--lifetime")
        {
            Description = "How long it holds, such as 30m, 1h or 7d.",
            DefaultValueFactory = static _ => "1h",
        };
        var user = new Option<string?>("--user") { Description = "Whose it is (sub); the client's id where not given." };
        var pair = new Option<bool>("--pair")
        {
            Description = "Print a refresh token too, on a line of its own; it gets the next pair from the server.",
        };
        var json = Json();
        var token = new Command("token", "Print a token, signed with JWT_SECRET or the secret in DATA_DIR.")
        {
            client,
            tenant,
            scopes,
            lifetime,
            user,
            pair,
            json,
        };
        token.SetAction((parsed, _) => new TokenCommand(output, builder).RunAsync(
            parsed.GetRequiredValue(client),
            parsed.GetRequiredValue(tenant),
            parsed.GetRequiredValue(scopes),
            parsed.GetRequiredValue(lifetime),
            parsed.GetValue(user),
            new TokenForm(parsed.GetValue(pair), parsed.GetValue(json))));
        return token;
    }

    private async Task<int> ComplainAsync(IEnumerable<string> sentences)
    {
        foreach (var sentence in sentences)
        {
            await error.WriteLineAsync($"heliossync: {sentence}");
        }

        return Misused;
    }
}
