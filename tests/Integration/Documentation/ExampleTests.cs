using System.Net;
using System.Text;

namespace HeliosSync.Integration.Documentation;

/// <summary>The examples of the pages, sent to a new server as they stand there, get the answers that stand below them.</summary>
public sealed class ExampleTests
{
    /// <summary>How many there are is said here too: a page that lost its examples would have nothing wrong.</summary>
    [Theory]
    [InlineData("README.md", 11)]
    [InlineData("docs/protocol.md", 10)]
    public async Task The_examples_of_the_page_get_the_answers_that_it_shows(string path, int examples)
    {
        await using var server = await TestServer.StartAsync();
        var reader = new ExampleReader((tenant, client) => server.Token(client, tenant));
        var answers = new ShownAnswers();
        var blocks = new Page(path).Blocks;
        var wrong = new List<string>();
        var sent = 0;
        for (var i = 0; i < blocks.Count; i++)
        {
            var shown = i + 1 < blocks.Count && blocks[i + 1].Language == "json" ? blocks[i + 1] : null;
            var given = "";
            foreach (var example in reader.Read(blocks[i]))
            {
                var (status, body) = await SendAsync(server.Http, example, answers);
                Assert.True(shown is not null || status == HttpStatusCode.OK, $"{path}, line {blocks[i].Line}: {body}");
                given = body;
                sent++;
            }

            if (given.Length > 0 && shown is not null)
            {
                wrong.AddRange(answers.Differences(shown.Text, given).Select(d => $"{path}, line {shown.Line}: {d}"));
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.Equal(examples, sent);
    }

    private static async Task<(HttpStatusCode Status, string Body)> SendAsync(HttpClient client, Example example, ShownAnswers answers)
    {
        using var request = new HttpRequestMessage(example.Method, new Uri(example.Path, UriKind.Relative));
        if (example.Body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(answers.Real(example.Body)));
        }

        foreach (var (name, value) in example.Headers)
        {
            Assert.True(
                request.Headers.TryAddWithoutValidation(name, value) || request.Content!.Headers.TryAddWithoutValidation(name,
                    value), name);
        }

        using var response = await client.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
