using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace HeliosSync.Load.Clients;

/// <summary>
/// Reads one client's stream on a bare socket, as fast as it can or at so many bytes a second, and holds what it is given to what must
/// hold: each event goes on where the last one ended, and has exactly the changes between. It can be closed and opened again where it was.
/// </summary>
/// <param name="server">The server.</param>
/// <param name="token">The client's token.</param>
internal sealed class LiveReader(Uri server, string token) : IAsyncDisposable
{
    private const int PieceBytes = 16 * 1_024;
    private const int SlowBufferBytes = 4 * 1_024;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly ArrayBufferWriter<byte> _bytes = new(PieceBytes);
    private Socket? _socket;
    private Task _reading = Task.CompletedTask;
    private long _lsn;

    /// <summary>The LSN that it has been given all changes up to.</summary>
    public long Lsn => Volatile.Read(ref _lsn);

    /// <summary>What did not hold, first of all; null where all did.</summary>
    public string? Mistake { get; private set; }

    /// <summary>Opens it where it was.</summary>
    /// <param name="bytesPerSecond">How fast it is read; null: as fast as it comes.</param>
    /// <param name="ct">Gives up.</param>
    public async Task OpenAsync(int? bytesPerSecond, CancellationToken ct)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (bytesPerSecond is not null)
        {
            // Else the system would read far ahead of a slow reader, which then is none.
            socket.ReceiveBufferSize = SlowBufferBytes;
        }

        _socket = socket;
        await socket.ConnectAsync(server.Host, server.Port, ct);
        var since = Lsn.ToString(CultureInfo.InvariantCulture);
        await socket.SendAsync(Encoding.ASCII.GetBytes(
            $"GET /api/v1/sync/stream?encoding=base64 HTTP/1.0\r\nLast-Event-ID: {since}\r\nAuthorization: Bearer {token}\r\n\r\n"), ct);
        var head = new byte[SlowBufferBytes];
        var (count, end) = (0, -1);
        while (end < 0)
        {
            // Byte by byte, since what follows the head belongs to the first event.
            count += await socket.ReceiveAsync(head.AsMemory(count, 1), ct) is 1 ? 1 : throw new InvalidDataException("No stream.");
            end = head.AsSpan(0, count).IndexOf("\r\n\r\n"u8);
        }

        if (!head.AsSpan(0, count).StartsWith("HTTP/1.1 200"u8))
        {
            throw new InvalidDataException($"No stream: {Encoding.UTF8.GetString(head, 0, count)}");
        }

        _bytes.ResetWrittenCount();
        _reading = ReadAsync(socket, bytesPerSecond);
    }

    /// <summary>Closes it in the middle of whatever it is given; what it had whole counts.</summary>
    public async Task CloseAsync()
    {
        _socket?.Dispose();
        await _reading;
    }

    public async ValueTask DisposeAsync() => await CloseAsync();

    private async Task ReadAsync(Socket socket, int? bytesPerSecond)
    {
        try
        {
            var piece = bytesPerSecond is { } pace ? (int)(pace * Pause.TotalSeconds) : PieceBytes;
            while (await socket.ReceiveAsync(_bytes.GetMemory(piece)[..piece]) is > 0 and var count)
            {
                _bytes.Advance(count);
                TakeEvents();
                if (bytesPerSecond is not null)
                {
                    await Task.Delay(Pause);
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It was closed.
        }
    }

    private void TakeEvents()
    {
        var written = _bytes.WrittenSpan;
        var taken = 0;
        while (written[taken..].IndexOf("\n\n"u8) is >= 0 and var length)
        {
            Take(written.Slice(taken, length));
            taken += length + 2;
        }

        if (taken > 0)
        {
            var rest = written[taken..].ToArray();
            _bytes.ResetWrittenCount();
            _bytes.Write(rest);
        }
    }

    /// <summary>Takes an event, <c>id: N</c> and <c>data: …</c>; a comment is passed over.</summary>
    private void Take(ReadOnlySpan<byte> text)
    {
        if (!text.StartsWith("id: "u8))
        {
            Mistake ??= text.StartsWith(":"u8) ? null : $"it was sent {Encoding.UTF8.GetString(text[..Math.Min(200, text.Length)])}";
            return;
        }

        // Each change has it once, and no name or value in these runs is like it.
        var changes = text.Count("\"author_lsn\":"u8);
        if (!Utf8Parser.TryParse(text["id: "u8.Length..], out long lsn, out _) || lsn != _lsn + changes)
        {
            Mistake ??= $"behind LSN {_lsn} it was given {changes} changes, up to LSN {lsn}";
        }

        Volatile.Write(ref _lsn, lsn);
    }
}
