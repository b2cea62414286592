using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace HeliosSync.Host;

/// <summary>
/// One event, one line: time, level, category, and the message with each value in its place. Values are escaped, and quoted where
/// they could be taken for something else, here and in one place, so that no caller can forget it.
/// </summary>
internal sealed class LineFormatter(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    /// <summary>What the console logger is told to use.</summary>
    public const string FormatterName = "line";

    private const int MessageCharsMax = 4 * 1_024;
    private const int ExceptionCharsMax = 16 * 1_024;

    /// <inheritdoc/>
    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var line = new StringBuilder(256);
        line.Append(time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)).Append(' ');
        line.Append(LevelOf(logEntry.LogLevel)).Append(' ').Append(logEntry.Category).Append(' ');
        if (logEntry.State is IReadOnlyList<KeyValuePair<string, object?>> values && ValueOf(values, "{OriginalFormat}") is string template)
        {
            AppendTemplate(line, template, values);
        }
        else
        {
            Quoted.Escape(line, logEntry.Formatter(logEntry.State, null), MessageCharsMax);
        }

        if (logEntry.Exception is { } exception)
        {
            line.Append(" exception=\"");
            Quoted.Escape(line, exception.ToString(), ExceptionCharsMax);
            line.Append('"');
        }

        textWriter.Write(line.Append('\n'));
    }

    /// <summary>The template with its values; <c>{{</c> and <c>}}</c> stand for braces.</summary>
    private static void AppendTemplate(StringBuilder line, ReadOnlySpan<char> template, IReadOnlyList<KeyValuePair<string, object?>> values)
    {
        while (template.IndexOfAny('{', '}') is >= 0 and var brace)
        {
            Quoted.Escape(line, template[..brace], MessageCharsMax);
            var doubled = brace + 1 < template.Length && template[brace + 1] == template[brace];
            var end = template[brace..].IndexOf('}');
            if (doubled || template[brace] == '}' || end < 0)
            {
                line.Append(template[brace]);
                template = template[(brace + (doubled ? 2 : 1))..];
                continue;
            }

            var hole = template.Slice(brace + 1, end - 1);
            var name = hole.IndexOfAny(',', ':') is >= 0 and var cut ? hole[..cut] : hole;
            Quoted.AppendValue(line, TextOf(ValueOf(values, name)));
            template = template[(brace + end + 1)..];
        }

        Quoted.Escape(line, template, MessageCharsMax);
    }

    private static object? ValueOf(IReadOnlyList<KeyValuePair<string, object?>> values, ReadOnlySpan<char> name)
    {
        for (var i = values.Count - 1; i >= 0; i--)
        {
            if (name.Equals(values[i].Key, StringComparison.OrdinalIgnoreCase))
            {
                return values[i].Value;
            }
        }

        return null;
    }

    private static string? TextOf(object? value) =>
        value is IFormattable formattable ? formattable.ToString(null, CultureInfo.InvariantCulture) : value?.ToString();

    private static string LevelOf(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "error",
        _ => "crit",
    };
}
