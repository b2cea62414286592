using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using HdrHistogram;

namespace HeliosSync.Load.Watch;

/// <summary>
/// Asks for the server's health ten times a second, over a connection of its own and on a thread of its own, so that no queue of the
/// tool is measured along. It also notes how late the thread itself woke up: what the machine alone adds. Runs in
/// <see cref="ProbeProgram"/>.
/// </summary>
internal sealed class HealthProber : IDisposable
{
    private const long MicrosMax = 60L * 1_000_000;
    private const int SignificantDigits = 3;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Uri _server;
    private readonly byte[] _request;
    private readonly Thread _thread;
    private readonly ManualResetEvent _stop = new(initialState: false);
    private readonly Lock _lock = new();
    private readonly byte[] _buffer = new byte[4_096];
    private LongHistogram _took = New();
    private LongHistogram _late = New();
    private long _failed;
    private Socket? _socket;

    public HealthProber(Uri server, string path)
    {
        _server = server;
        _request = Encoding.ASCII.GetBytes($"GET /api/v1/sync/{path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        _thread = new Thread(Probe) { IsBackground = true, Name = "health prober" };
        _thread.Start();
    }

    /// <summary>What was found since the last call.</summary>
    public HealthFound Cut()
    {
        lock (_lock)
        {
            var found = HealthFound.Of(_took, _late, _failed);
            (_took, _late, _failed) = (New(), New(), 0);
            return found;
        }
    }

    public void Dispose()
    {
        _stop.Set();
        _thread.Join();
        _socket?.Dispose();
        _stop.Dispose();
    }

    private static LongHistogram New() => new(MicrosMax, SignificantDigits);

    private void Probe()
    {
        var due = Stopwatch.GetTimestamp();
        while (!_stop.WaitOne(Wait(due)))
        {
            var late = Stopwatch.GetElapsedTime(due);
            var begun = Stopwatch.GetTimestamp();
            var ok = Ask();
            var took = Stopwatch.GetElapsedTime(begun);
            lock (_lock)
            {
                _late.RecordValue(Micros(late));
                _took.RecordValue(Micros(took));
                _failed += ok ? 0 : 1;
            }

            // A probe that took long does not make up for those that it displaced: they would all find the same.
            due = Math.Max(due + (long)(Interval.TotalSeconds * Stopwatch.Frequency), Stopwatch.GetTimestamp());
        }
    }

    private static TimeSpan Wait(long due) =>
        due > Stopwatch.GetTimestamp() ? Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due) : TimeSpan.Zero;

    private static long Micros(TimeSpan time) => Math.Clamp((long)time.TotalMicroseconds, 1, MicrosMax);

    private bool Ask()
    {
        try
        {
            if (_socket is null)
            {
                _socket = new Socket(SocketType.Stream, ProtocolType.Tcp)
                {
                    NoDelay = true,
                    ReceiveTimeout = (int)Patience.TotalMilliseconds,
                    SendTimeout = (int)Patience.TotalMilliseconds,
                };
                _socket.Connect(_server.Host, _server.Port);
            }

            _socket.Send(_request);
            return ReceiveWhole() == 200;
        }
        catch (SocketException)
        {
            _socket?.Dispose();
            _socket = null;
            return false;
        }
    }

    private int ReceiveWhole()
    {
        var length = 0;
        while (length < _buffer.Length && _socket!.Receive(_buffer, length, _buffer.Length - length, SocketFlags.None) is > 0 and var read)
        {
            length += read;
            var text = Encoding.ASCII.GetString(_buffer, 0, length);
            var head = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            var field = text.IndexOf("Content-Length: ", StringComparison.OrdinalIgnoreCase);
            if (head > 0 && field > 0 && field < head)
            {
                var value = text.AsSpan(field + "Content-Length: ".Length);
                if (length == head + 4 + int.Parse(value[..value.IndexOf('\r')], CultureInfo.InvariantCulture))
                {
                    return int.Parse(text.AsSpan("HTTP/1.1 ".Length, 3), CultureInfo.InvariantCulture);
                }
            }
        }

        throw new SocketException((int)SocketError.ConnectionReset);
    }
}
