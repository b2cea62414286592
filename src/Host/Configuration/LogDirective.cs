using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace HeliosSync.Host;

/// <summary>What <c>LOG_LEVEL</c> and <c>RUST_LOG</c> say: a level for all, and others for categories that begin with a name.</summary>
/// <param name="Root">The level of everything that no name covers.</param>
/// <param name="Categories">Levels by name; where several fit, the longest counts.</param>
public sealed record LogDirective(LogLevel Root, IReadOnlyList<KeyValuePair<string, LogLevel>> Categories)
{
    private static readonly FrozenDictionary<string, LogLevel> Levels = new Dictionary<string, LogLevel>
    {
        ["trace"] = LogLevel.Trace,
        ["debug"] = LogLevel.Debug,
        ["info"] = LogLevel.Information,
        ["warn"] = LogLevel.Warning,
        ["error"] = LogLevel.Error,
        ["off"] = LogLevel.None,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads <c>level</c> or <c>level,Name=level,…</c>; <c>heliosdb_nano</c>, as in the quick start, means this server.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out LogDirective? directive, [NotNullWhen(false)] out string? mistake)
    {
        directive = null;
        var root = LogLevel.Information;
        var categories = new List<KeyValuePair<string, LogLevel>>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? "" : part[..equals].TrimEnd();
            if (!Levels.TryGetValue(part[(equals + 1)..].TrimStart(), out var level) || (equals >= 0 && !IsCategory(name)))
            {
                mistake = part;
                return false;
            }

            if (equals < 0)
            {
                root = level;
            }
            else
            {
                categories.Add(new(name == "heliosdb_nano" ? "HeliosSync" : name, level));
            }
        }

        mistake = null;
        directive = new LogDirective(root, categories);
        return true;
    }

    private static bool IsCategory(string name) =>
        name.Length > 0 && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or ':');
}
