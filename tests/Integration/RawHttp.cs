using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace HeliosSync.Integration;

/// <summary>Speaks to a server byte by byte, where a client that knows HTTP would not go along.</summary>
internal static class RawHttp
{
    /// <summary>Sends those bytes (Latin-1), returns what comes: to the end of the connection, or of an answer with a length.</summary>
    public static Task<string> AskAsync(Uri address, string request) => AskAsync(address, request, IsWhole);

    /// <summary>The same, but always to the end of the connection.</summary>
    public static Task<string> AskToCloseAsync(Uri address, string request) => AskAsync(address, request, static _ => false);

    private static async Task<string> AskAsync(Uri address, string request, Func<string, bool> isWhole)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port, timeout.Token);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request), timeout.Token);
        var answer = new StringBuilder();
        var buffer = new byte[4_096];
        while (!isWhole(answer.ToString()))
        {
            var read = await stream.ReadAsync(buffer, timeout.Token);
            if (read == 0)
            {
                break;
            }

            answer.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }

        return answer.ToString();
    }

    private static bool IsWhole(string answer)
    {
        var head = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        var length = answer.IndexOf("Content-Length: ", StringComparison.OrdinalIgnoreCase);
        if (head < 0 || length < 0 || length > head)
        {
            return false;
        }

        var digits = answer[(length + "Content-Length: ".Length)..answer.IndexOf('\r', length)];
        return answer.Length - head - 4 >= int.Parse(digits, CultureInfo.InvariantCulture);
    }
}
