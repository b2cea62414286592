using System.Globalization;
using System.Text.RegularExpressions;

namespace HeliosSync.Integration.Observation;

/// <summary>What <c>/metrics</c> said at one moment, in Prometheus' own text form.</summary>
internal sealed partial class Scrape
{
    private readonly List<(string Name, Dictionary<string, string> Labels, double Value)> _samples = [];

    private Scrape(string text)
    {
        Text = text;
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(static l => l[0] != '#'))
        {
            var sample = Sample().Match(line);
            Assert.True(sample.Success, line);
            _samples.Add((
                sample.Groups["name"].Value,
                Label().Matches(sample.Groups["labels"].Value).ToDictionary(static l => l.Groups[1].Value, static l => l.Groups[2].Value),
                double.Parse(sample.Groups["value"].Value, CultureInfo.InvariantCulture)));
        }
    }

    public string Text { get; }

    public IReadOnlySet<string> Names => _samples.Select(static s => s.Name).ToHashSet();

    public IReadOnlySet<string> LabelNames => _samples.SelectMany(static s => s.Labels.Keys).ToHashSet();

    public static async Task<Scrape> OfAsync(TestServer server)
    {
        using var http = new HttpClient { BaseAddress = server.Metrics };
        using var answer = await http.GetAsync(new Uri("/metrics", UriKind.Relative));
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return new Scrape(text);
    }

    /// <summary>The sum of a metric over all series that have these labels; no series is 0.</summary>
    public double Of(string name, params (string Label, string Value)[] with) => _samples
        .Where(s => s.Name == name && with.All(w => s.Labels.GetValueOrDefault(w.Label) == w.Value))
        .Sum(static s => s.Value);

    /// <summary>Requests of an endpoint that were answered with that code.</summary>
    public double Requests(string endpoint, string code = "OK") =>
        Of("heliossync_request_duration_seconds_count", ("endpoint", endpoint), ("code", code));

    [GeneratedRegex("^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\\{(?<labels>.*)\\})? (?<value>[^ ]+)$")]
    private static partial Regex Sample();

    [GeneratedRegex("([a-zA-Z_]+)=\"((?:[^\"\\\\]|\\\\.)*)\"")]
    private static partial Regex Label();
}
