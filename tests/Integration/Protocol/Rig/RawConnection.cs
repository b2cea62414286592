using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace HeliosSync.Integration.Protocol.Rig;

/// <summary>A socket to the server, for requests that no HTTP library would send.</summary>
internal sealed class RawConnection : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TcpClient _tcp = new();

    private RawConnection()
    {
    }

    public static async Task<RawConnection> ConnectAsync(Uri address)
    {
        var raw = new RawConnection();
        await raw._tcp.ConnectAsync(address.Host, address.Port);
        return raw;
    }

    /// <summary>The head of a push with that token; its last lines, and the empty one, are the test's.</summary>
    public static string PushHead(string token, params string[] lines) =>
        string.Join(
            "\r\n",
            ["POST /api/v1/sync/push HTTP/1.1", "Host: localhost", $"Authorization: Bearer {token}", "Content-Type: application/json",
                .. lines])
        + "\r\n\r\n";

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public async Task SendAsync(byte[] bytes) => await _tcp.GetStream().WriteAsync(bytes);

    /// <summary>Everything that comes until the server closes; fails where it does not close in time.</summary>
    public async Task<RawAnswer> ReadToCloseAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        using var all = new MemoryStream();
        try
        {
            await _tcp.GetStream().CopyToAsync(all, patience.Token);
        }
        catch (IOException)
        {
            // The server may reset a connection on which it left something unread; what came before still counts.
        }

        return new RawAnswer(Encoding.UTF8.GetString(all.ToArray()));
    }

    public ValueTask DisposeAsync()
    {
        _tcp.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>All that came over a connection.</summary>
internal sealed record RawAnswer(string Text)
{
    /// <summary>The status of the first answer, 0 where none came.</summary>
    public int Status => Text.StartsWith("HTTP/1.1 ", StringComparison.Ordinal) ? int.Parse(Text.AsSpan(9, 3),
        CultureInfo.InvariantCulture) : 0;

    /// <summary>How many answers came: more than one would mean that a request was smuggled in.</summary>
    public int Count => Text.Split("HTTP/1.1 ").Length - 1;
}
