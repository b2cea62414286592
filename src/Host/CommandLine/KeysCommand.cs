using System.CommandLine;
using System.Text.Json;

namespace HeliosSync.Host;

/// <summary>
/// <c>heliossync keys new</c>: makes a secret that every check of the server lets through, so that a refusal can name a command that is
/// there wherever the server is. It reads no configuration: it has to work where there is none that holds yet.
/// </summary>
internal static class KeysCommand
{
    /// <summary>The command, for the command line's list.</summary>
    public static Command Of(TextWriter output)
    {
        var to = new Option<string?>("--output")
        {
            Description = "A file that is not there yet, readable by its owner alone; printed where not given.",
        };
        var json = new Option<bool>("--json") { Description = "Say it in one line of JSON." };
        var make = new Command("new", "Make a secret for JWT_SECRET, of 384 bits of chance.") { to, json };
        make.SetAction((parsed, _) => NewAsync(output, parsed.GetValue(to), parsed.GetValue(json)));
        return new Command("keys", "Work with the secrets that tokens are signed with.") { make };
    }

    private static async Task<int> NewAsync(TextWriter output, string? file, bool json)
    {
        var secret = SecretFile.Make();
        if (file is null)
        {
            await output.WriteLineAsync(json ? $"{{\"secret\":\"{secret}\"}}" : secret);
            return 0;
        }

        var path = Path.GetFullPath(file);
        try
        {
            SecretFile.Write(path, secret);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var why = File.Exists(path) ? "is there already, and is left as it is" : "cannot be written";
            throw new SettingsException([$"--output is {Quoted.Text(path)}, which {why}."]);
        }

        // The secret goes to one place only: a terminal's history is no place for one that is in a file.
        await output.WriteLineAsync(json ? $"{{\"file\":\"{JsonEncodedText.Encode(path)}\"}}" : path);
        return 0;
    }
}
