using System.Text;
using System.Text.RegularExpressions;

namespace HeliosSync.Integration.Documentation;

/// <summary>A request that a page shows.</summary>
internal sealed record Example(HttpMethod Method, string Path, IReadOnlyList<KeyValuePair<string, string>> Headers, string? Body);

/// <summary>Reads requests as pages show them: curl lines in <c>sh</c> blocks, and messages in <c>http</c> blocks.</summary>
/// <param name="mint">Makes a token for a tenant and a client.</param>
internal sealed partial class ExampleReader(Func<string, string, string> mint)
{
    private const string TenantOfHttpBlocks = "demo";
    private readonly Dictionary<string, string> _variables = [];

    /// <summary>The requests of a block, in their order. Variables of a shell block are kept for later blocks.</summary>
    public IReadOnlyList<Example> Read(Block block) => block.Language switch
    {
        "sh" => ReadShell(block.Text),
        "http" => [ReadHttp(block.Text)],
        _ => [],
    };

    private List<Example> ReadShell(string text)
    {
        var found = new List<Example>();
        var at = 0;
        while (at < text.Length)
        {
            if (TokenLine().Match(text, at) is { Success: true } token)
            {
                _variables[token.Groups[1].Value] = mint(token.Groups[2].Value, token.Groups[3].Value);
            }
            else if (text.AsSpan(at).StartsWith("curl "))
            {
                found.Add(OfCurl(Words(text, ref at)));
            }

            // What else a block has is for people: only whole lines are passed over here.
            var end = text.IndexOf('\n', at);
            at = end < 0 ? text.Length : end + 1;
        }

        return found;
    }

    private static Example OfCurl(List<string> words)
    {
        HttpMethod? method = null;
        string? body = null, url = null;
        var headers = new List<KeyValuePair<string, string>>();
        for (var i = 1; i < words.Count; i++)
        {
            switch (words[i])
            {
                case "-X":
                    method = new HttpMethod(words[++i]);
                    break;
                case "-H":
                    headers.Add(OfHeader(words[++i]));
                    break;
                case "-d":
                    body = words[++i];
                    break;
                case ['h', 't', 't', 'p', ..]:
                    url = words[i];
                    break;
                default:
                    Assert.Fail($"curl {words[i]} is not understood here.");
                    break;
            }
        }

        Assert.NotNull(url);
        return new Example(method ?? (body is null ? HttpMethod.Get : HttpMethod.Post), new Uri(url).PathAndQuery, headers, body);
    }

    private Example ReadHttp(string text)
    {
        var parts = text.Split("\n\n", 2);
        var head = parts[0].Split('\n');
        var start = head[0].Split(' ');
        var headers = head[1..].Select(h => OfHeader(TokenOf().Replace(h, m => mint(TenantOfHttpBlocks, m.Groups[1].Value))));
        return new Example(new HttpMethod(start[0]), start[1], [.. headers], parts.Length > 1 ? parts[1] : null);
    }

    private static KeyValuePair<string, string> OfHeader(string line)
    {
        var colon = line.IndexOf(':', StringComparison.Ordinal);
        return new(line[..colon], line[(colon + 1)..].Trim());
    }

    /// <summary>
    /// One command's words, by the few rules of the shell that the pages use: quotes of both kinds, variables, and lines that go on
    /// behind a backslash. Leaves the place at the command's end.
    /// </summary>
    private List<string> Words(string text, ref int at)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var quote = '\0';
        for (; at < text.Length && (quote != '\0' || text[at] != '\n'); at++)
        {
            var c = text[at];
            if (c == quote || (quote == '\0' && c is '\'' or '"'))
            {
                quote = c == quote ? '\0' : c;
            }
            else if (c == '$' && quote != '\'')
            {
                var name = Variable().Match(text, at + 1).Value;
                word.Append(_variables[name]);
                at += name.Length;
            }
            else if (quote != '\0' || c is not (' ' or '\\'))
            {
                word.Append(c);
            }
            else if (word.Length > 0)
            {
                words.Add(word.ToString());
                word.Clear();
            }

            // Outside of quotes a backslash stands at the end of a line and nowhere else.
            at += quote == '\0' && c == '\\' ? 1 : 0;
        }

        Assert.True(quote == '\0', "A quote has no end.");
        return word.Length > 0 ? [.. words, word.ToString()] : words;
    }

    [GeneratedRegex(@"\G([A-Z_]+)=\$\(.* token --tenant (\S+) --client (\S+)\)$", RegexOptions.Multiline)]
    private static partial Regex TokenLine();

    [GeneratedRegex("<token of ([^>]+)>")]
    private static partial Regex TokenOf();

    [GeneratedRegex(@"\G[A-Z_]+")]
    private static partial Regex Variable();
}
