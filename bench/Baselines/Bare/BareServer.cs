using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.IO.Pipelines;

namespace HeliosSync.Baselines.Bare;

/// <summary>
/// What receiving and sending alone cost: reads a push's body to its end and drops it, and answers a pull with a page that lies ready in
/// memory. No token, no JSON, no database.
/// </summary>
internal static class BareServer
{
    /// <summary>Below DATA_DIR: the pages, each in a file named by the LSN that it follows.</summary>
    private const string PagesFolder = "pages";

    /// <summary>About as long as a real acknowledgement of one change.</summary>
    private static readonly byte[] Ack =
        """
        {"type":"push_ack","request_id":"00000000-0000-0000-0000-000000000000","accepted_lsns":[1000],"assigned_lsns":[100000],
        "conflicts":[],"server_lsn":100000,"head_lsn":100000,"vector_clock":{"00000000-0000-0000-0000-000000000000":100000,"load-1":1000}}
        """u8.ToArray();

    private static ReadOnlySpan<byte> SinceLsn => "\"since_lsn\":"u8;

    public static async Task RunAsync(string address, string dataDir)
    {
        var pages = ReadPages(Path.Combine(dataDir, PagesFolder));
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseUrls($"http://{address}");
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        var app = builder.Build();
        var fanOut = new FanOut();
        app.Run(http => Path.GetFileName(http.Request.Path.Value) switch
        {
            "pull" => PullAsync(http, pages),
            "stream" => fanOut.StreamAsync(http),
            "fan-out" => fanOut.PostAsync(http),
            _ => PushAsync(http),
        });
        await app.RunAsync();
    }

    private static async Task PushAsync(HttpContext http)
    {
        var body = http.Request.BodyReader;
        ReadResult read;
        do
        {
            read = await body.ReadAsync(http.RequestAborted);
            body.AdvanceTo(read.Buffer.End);
        }
        while (!read.IsCompleted);
        await AnswerAsync(http, Ack);
    }

    private static async Task PullAsync(HttpContext http, Dictionary<long, byte[]> pages)
    {
        var body = http.Request.BodyReader;
        var read = await body.ReadAsync(http.RequestAborted);
        while (!read.IsCompleted)
        {
            body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            read = await body.ReadAsync(http.RequestAborted);
        }

        var since = ReadSince(read.Buffer);
        body.AdvanceTo(read.Buffer.End);
        await AnswerAsync(http, pages[since]);
    }

    private static long ReadSince(ReadOnlySequence<byte> body)
    {
        var text = body.IsSingleSegment ? body.FirstSpan : body.ToArray();
        var at = text.IndexOf(SinceLsn) + SinceLsn.Length;
        return Utf8Parser.TryParse(text[at..], out long since, out _) ? since : throw new BadHttpRequestException("No since_lsn.");
    }

    private static async Task AnswerAsync(HttpContext http, byte[] body)
    {
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = body.Length;
        await http.Response.Body.WriteAsync(body, http.RequestAborted);
    }

    private static Dictionary<long, byte[]> ReadPages(string folder) => Directory.Exists(folder)
        ? Directory.GetFiles(folder).ToDictionary(
            static file => long.Parse(Path.GetFileName(file), CultureInfo.InvariantCulture), File.ReadAllBytes)
        : [];
}
