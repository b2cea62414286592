using System.Text;
using System.Text.Json;

namespace HeliosSync.Host;

/// <summary>What the commands on the data folder have in common.</summary>
internal static class CommandFolder
{
    /// <summary>The data folder as configured; throws where the configuration does not hold.</summary>
    public static string Of(Func<WebApplicationBuilder> builder)
    {
        var problems = new List<string>();
        var dataDir = Path.GetFullPath(OptionsBinding.Bind(builder().Configuration, problems).DataDir);
        return problems.Count == 0 ? dataDir : throw new SettingsException(problems);
    }

    /// <summary>Writes findings, a line each.</summary>
    public static async Task TellAsync(TextWriter output, IEnumerable<string> findings)
    {
        foreach (var finding in findings)
        {
            await output.WriteLineAsync(finding);
        }
    }

    /// <summary>What was found, in two words.</summary>
    public static string Verdict(int findings) => findings switch
    {
        0 => "no damage",
        1 => "1 finding",
        _ => $"{findings} findings",
    };
}

/// <summary>What a command says to a program: one object in one line.</summary>
internal static class CommandJson
{
    /// <summary>The object that has these properties.</summary>
    public static string Write(Action<Utf8JsonWriter> properties)
    {
        var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            properties(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    /// <summary>The property <c>findings</c>: a sentence each.</summary>
    public static void WriteFindings(Utf8JsonWriter json, IEnumerable<string> findings) => WriteTexts(json, "findings"u8, findings);

    /// <summary>A property of texts.</summary>
    public static void WriteTexts(Utf8JsonWriter json, ReadOnlySpan<byte> name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }
}
