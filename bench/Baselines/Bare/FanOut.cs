using System.Collections.Concurrent;

namespace HeliosSync.Baselines.Bare;

/// <summary>
/// What sending one thing to many connections alone costs: whoever asks for <c>/stream</c> is given, byte for byte, whatever is posted to
/// <c>/fan-out</c> from then on. The post is answered first. No token, no filter, no journal, and a reader that is slow piles up.
/// </summary>
internal sealed class FanOut
{
    private readonly ConcurrentDictionary<HttpContext, byte> _streams = new();

    public async Task StreamAsync(HttpContext http)
    {
        http.Response.ContentType = "text/event-stream";
        await http.Response.StartAsync();
        await http.Response.BodyWriter.FlushAsync();
        _streams.TryAdd(http, 0);
        var gone = new TaskCompletionSource();
        await using var registered = http.RequestAborted.Register(gone.SetResult);
        await gone.Task;
        _streams.TryRemove(http, out _);
    }

    public async Task PostAsync(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        http.Response.ContentLength = 0;
        await http.Response.CompleteAsync();
        var bytes = body.ToArray();
        await Task.WhenAll(_streams.Keys.Select(async stream =>
        {
            await stream.Response.BodyWriter.WriteAsync(bytes);
        }));
    }
}
