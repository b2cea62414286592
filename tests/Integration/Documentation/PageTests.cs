using System.Text.RegularExpressions;
using HeliosSync.Domain;
using HeliosSync.Host;

namespace HeliosSync.Integration.Documentation;

/// <summary>What the pages say of the code stays true.</summary>
public sealed partial class PageTests
{
    private const string Protocol = "docs/protocol.md";
    private const string Operations = "docs/operations.md";

    [Fact]
    public void Every_error_stands_in_the_protocol_page_with_its_status_and_no_other_does()
    {
        var shown = new Page(Protocol).Lines.Select(static l => ErrorRow().Match(l)).Where(static m => m.Success)
            .Select(static m => $"{m.Groups[1].Value} {m.Groups[2].Value}");
        var real = Enum.GetValues<ErrorCode>().Select(ErrorCatalogue.Of).Select(static e => $"{e.Status} {e.Name}");
        Assert.Equal(real.Order(), shown.Order());
    }

    [Fact]
    public void Every_option_stands_in_the_operations_page()
    {
        var text = string.Join('\n', new Page(Operations).Lines);
        var left = NamesOf(typeof(HeliosSyncOptions))
            .Except([nameof(HeliosSyncOptions.NodeId), nameof(HeliosSyncOptions.AdvertisedAddress)])
            .Where(name => !text.Contains($"`{name}`", StringComparison.Ordinal));
        Assert.Empty(left);
    }

    [Fact]
    public void Every_option_of_the_audit_log_stands_in_the_operations_page()
    {
        var text = string.Join('\n', new Page(Operations).Lines);
        Assert.All(
            typeof(AuditOptions).GetProperties(),
            property => Assert.Contains($"| `Audit:{property.Name}` |", text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("README.md")]
    [InlineData("CHANGELOG.md")]
    [InlineData(Protocol)]
    [InlineData(Operations)]
    public void Every_link_within_the_repository_leads_somewhere(string path)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Page.Root, path))!;
        var links = Link().Matches(string.Join('\n', new Page(path).Lines)).Select(static m => m.Groups[1].Value)
            .Where(static link => !link.StartsWith("https://", StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(links);
        Assert.DoesNotContain(links, link => !Leads(link, folder, path));
    }

    /// <summary>Those of an options record within it as in <c>Metrics:Listen</c>.</summary>
    private static IEnumerable<string> NamesOf(Type options) => options.GetProperties().SelectMany(static p =>
        p.PropertyType.IsClass && p.PropertyType.Namespace == typeof(HeliosSyncOptions).Namespace
            ? NamesOf(p.PropertyType).Select(name => $"{p.Name}:{name}")
            : [p.Name]);

    private static bool Leads(string link, string folder, string self)
    {
        var parts = link.Split('#');
        var target = parts[0].Length == 0 ? Path.Combine(Page.Root, self) : Path.GetFullPath(Path.Combine(folder, parts[0]));
        if (!File.Exists(target) || parts.Length == 1)
        {
            return File.Exists(target);
        }

        var headings = File.ReadLines(target).Where(static l => l.StartsWith('#')).Select(static l => AnchorOf(l.TrimStart('#').Trim()));
        return headings.Contains(parts[1]);
    }

    /// <summary>As the usual viewers make them: lower case, blanks to dashes, other marks left out.</summary>
    private static string AnchorOf(string heading) =>
        string.Concat(heading.ToLowerInvariant().Where(static c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_')).Replace(' ', '-');

    [GeneratedRegex(@"^\| (\d{3}) \| `([A-Z_]+)` \|")]
    private static partial Regex ErrorRow();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();
}
