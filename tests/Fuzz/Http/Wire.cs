using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace HeliosSync.Fuzz.Http;

/// <summary>What came is no HTTP answer, or only the beginning of one.</summary>
internal sealed class NoAnswerException(string message) : Exception(message);

/// <summary>A connection that sends any bytes in any pieces, and reads answers strictly.</summary>
internal sealed class Wire : IDisposable
{
    /// <summary>No answer takes longer, on a machine however busy.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>The same after bytes that may be no request, where it may not be clear what is an answer's end.</summary>
    private static readonly TimeSpan PatienceWithHalf = TimeSpan.FromSeconds(3);

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private byte[] _buffer = new byte[16 * 1_024];
    private int _end;

    private Wire()
    {
    }

    public static async Task<Wire> ConnectAsync(IPEndPoint server)
    {
        var wire = new Wire();
        await wire._socket.ConnectAsync(server);
        wire._socket.LingerState = new LingerOption(true, 0);
        return wire;
    }

    /// <summary>Sends the bytes, cut there; false where the server was gone before it had all.</summary>
    public async Task<bool> SendAsync(byte[] bytes, params IEnumerable<int> cuts)
    {
        var from = 0;
        try
        {
            foreach (var cut in cuts.Append(bytes.Length))
            {
                while (from < cut)
                {
                    from += await _socket.SendAsync(bytes.AsMemory(from, cut - from));
                }

                await Task.Yield();
            }

            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>
    /// The next answer; null where the server closed instead, or where nothing comes for that long (when a time is given). Anything
    /// else that is no whole answer throws.
    /// </summary>
    public async Task<RawAnswer?> ReadAsync(bool toHead, TimeSpan? quiet = null)
    {
        using var patience = new CancellationTokenSource(quiet ?? Patience);
        try
        {
            while (true)
            {
                if (_end == 0 && !await FillAsync(patience.Token))
                {
                    return null;
                }

                patience.CancelAfter(quiet is null ? Patience : PatienceWithHalf);
                var answer = await ReadOneAsync(toHead, patience.Token);
                if (answer.Status >= 200)
                {
                    return answer;
                }
            }
        }
        catch (OperationCanceledException) when (quiet is not null && _end == 0)
        {
            return null;
        }
        catch (OperationCanceledException)
        {
            throw new NoAnswerException($"No answer, or only {_end} bytes of one, within {Patience.TotalSeconds} s.");
        }
    }

    /// <summary>Ends at once, with a reset, so that no port stays in use.</summary>
    public void Dispose() => _socket.Dispose();

    private async Task<RawAnswer> ReadOneAsync(bool toHead, CancellationToken ct)
    {
        var headEnd = await FindAsync(0, "\r\n\r\n"u8.ToArray(), ct) + 4;
        var lines = Encoding.ASCII.GetString(_buffer, 0, headEnd - 4).Split("\r\n");
        if (!lines[0].StartsWith("HTTP/1.1 ", StringComparison.Ordinal)
            || !int.TryParse(lines[0].AsSpan(9, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var status))
        {
            throw new NoAnswerException($"This is no status line: {lines[0]}");
        }

        var headers = lines.Skip(1).Select(static l => l.IndexOf(": ", StringComparison.Ordinal) is > 0 and var colon
            ? (l[..colon], l[(colon + 2)..])
            : throw new NoAnswerException($"This is no header: {l}")).ToList();
        var answer = new RawAnswer(status, headers, []);
        var (body, end) = toHead || status is < 200 or 204 or 304
            ? ([], headEnd)
            : await ReadBodyAsync(answer, headEnd, ct);
        _buffer.AsSpan(end, _end - end).CopyTo(_buffer);
        _end -= end;
        return answer with { Body = body };
    }

    private async Task<(byte[] Body, int End)> ReadBodyAsync(RawAnswer answer, int at, CancellationToken ct)
    {
        if (int.TryParse(answer.Header("Content-Length"), NumberStyles.None, CultureInfo.InvariantCulture, out var length))
        {
            await EnsureAsync(at + length, ct);
            return (_buffer[at..(at + length)], at + length);
        }

        if (answer.Header("Transfer-Encoding") != "chunked")
        {
            throw new NoAnswerException("The answer has neither a length nor chunks.");
        }

        using var body = new MemoryStream();
        while (true)
        {
            var lineEnd = await FindAsync(at, "\r\n"u8.ToArray(), ct);
            var digits = Encoding.ASCII.GetString(_buffer, at, lineEnd - at);
            var size = int.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            at = lineEnd + 2;
            await EnsureAsync(at + size + 2, ct);
            await body.WriteAsync(_buffer.AsMemory(at, size), ct);
            at += size + 2;
            if (size == 0)
            {
                return (body.ToArray(), at);
            }
        }
    }

    private async Task<int> FindAsync(int from, byte[] mark, CancellationToken ct)
    {
        while (true)
        {
            var at = _buffer.AsSpan(from, _end - from).IndexOf(mark);
            if (at >= 0)
            {
                return from + at;
            }

            await EnsureAsync(_end + 1, ct);
        }
    }

    private async Task EnsureAsync(int bytes, CancellationToken ct)
    {
        while (_end < bytes)
        {
            if (!await FillAsync(ct))
            {
                throw new NoAnswerException($"The connection ended within an answer, after {_end} bytes.");
            }
        }
    }

    private async Task<bool> FillAsync(CancellationToken ct)
    {
        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, 2 * _buffer.Length);
        }

        try
        {
            var read = await _socket.ReceiveAsync(_buffer.AsMemory(_end), ct);
            _end += read;
            return read > 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
