using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace HeliosSync.Load.Clients;

/// <summary>
/// Readers of many streams, each on a socket of its own and with next to nothing around it, so that they cost the machine little: they
/// count events, and note when one came.
/// </summary>
internal sealed class StreamSockets : IAsyncDisposable
{
    private readonly List<Reader> _readers = [];
    private TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _expected;
    private int _left;

    public int Count => _readers.Count;

    /// <summary>Bytes of the last event that the first of them was sent.</summary>
    public int EventBytes => _readers[0].EventBytes;

    /// <summary>Events that each has been sent, the least and the most.</summary>
    public (long Least, long Most) Events => (_readers.Min(static r => r.Events), _readers.Max(static r => r.Events));

    /// <summary>Opens one more; ends when the server has let it in.</summary>
    public async Task OpenAsync(Uri server, string? token, CancellationToken ct)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server.Host, server.Port, ct);
        var authorization = token is null ? "" : $"Authorization: Bearer {token}\r\n";
        await socket.SendAsync(Encoding.ASCII.GetBytes(
            $"GET /api/v1/sync/stream?since_lsn=0&encoding=base64 HTTP/1.1\r\nHost: localhost\r\n{authorization}\r\n"), ct);
        var reader = new Reader(socket, this);
        await reader.BeginAsync(ct);
        _readers.Add(reader);
    }

    /// <summary>From now on the next event of the first so many is waited for; the others are to have none.</summary>
    public void Expect(int streams)
    {
        _all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _expected = streams;
        Volatile.Write(ref _left, streams);
    }

    /// <summary>When each of them had its event, as <see cref="Stopwatch.GetTimestamp"/> tells.</summary>
    public async Task<long[]> HadAsync(CancellationToken ct)
    {
        await _all.Task.WaitAsync(TimeSpan.FromMinutes(1), ct);
        return [.. _readers.Take(_expected).Select(static r => r.At)];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var reader in _readers)
        {
            await reader.EndAsync();
        }
    }

    private void Had()
    {
        if (Interlocked.Decrement(ref _left) == 0)
        {
            _all.TrySetResult();
        }
    }

    private sealed class Reader(Socket socket, StreamSockets all)
    {
        private readonly byte[] _buffer = new byte[2_048];
        private Task _reading = Task.CompletedTask;
        private int _bytes;
        private byte _last;
        private byte _beforeLast;

        public long At { get; private set; }

        public long Events { get; private set; }

        public int EventBytes { get; private set; }

        public async Task BeginAsync(CancellationToken ct)
        {
            var head = await socket.ReceiveAsync(_buffer, ct);
            if (!_buffer.AsSpan(0, head).StartsWith("HTTP/1.1 200"u8))
            {
                throw new InvalidDataException($"No stream: {Encoding.UTF8.GetString(_buffer, 0, head)}");
            }

            _reading = ReadAsync();
        }

        public async Task EndAsync()
        {
            socket.Dispose();
            await _reading;
        }

        private async Task ReadAsync()
        {
            try
            {
                while (await socket.ReceiveAsync(_buffer) is > 0 and var count)
                {
                    Take(_buffer.AsSpan(0, count));
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // It was closed.
            }
        }

        /// <summary>An event ends with its object and an empty line; a comment has no object.</summary>
        private void Take(ReadOnlySpan<byte> bytes)
        {
            foreach (var b in bytes)
            {
                _bytes++;
                if (b == '\n' && _last == '\n')
                {
                    if (_beforeLast == '}')
                    {
                        (At, EventBytes) = (Stopwatch.GetTimestamp(), _bytes);
                        Events++;
                        all.Had();
                    }

                    _bytes = 0;
                }

                (_beforeLast, _last) = (_last, b);
            }
        }
    }
}
