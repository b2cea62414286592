using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace HeliosSync.Integration.Edge;

/// <summary>A frame of HTTP/2 (RFC 9113, 4.1).</summary>
internal sealed record Http2Frame(byte Type, byte Flags, int Stream, byte[] Payload)
{
    public const byte Data = 0, Headers = 1, Reset = 3, Settings = 4, GoAway = 7;
    public const byte EndStream = 1, EndHeaders = 4;

    /// <summary>What a reset or a farewell gives as its reason.</summary>
    public uint Error => BinaryPrimitives.ReadUInt32BigEndian(Payload.AsSpan(Type == GoAway ? 4 : 0));

    public byte[] ToBytes()
    {
        var bytes = new byte[9 + Payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(bytes, Payload.Length << 8);
        (bytes[3], bytes[4]) = (Type, Flags);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(5), Stream);
        Payload.CopyTo(bytes, 9);
        return bytes;
    }
}

/// <summary>A connection of HTTP/2 over TLS, frame by frame, for what no library would send.</summary>
internal sealed class RawHttp2 : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TcpClient _tcp = new();
    private SslStream? _tls;

    private SslStream Tls => _tls ?? throw new InvalidOperationException("It is not connected.");

    public static async Task<RawHttp2> ConnectAsync(Uri address, CertificateFolder certificates)
    {
        var raw = new RawHttp2();
        await raw._tcp.ConnectAsync(address.Host, address.Port);
        raw._tls = new SslStream(raw._tcp.GetStream());
        await raw.Tls.AuthenticateAsClientAsync(certificates.Client(SslApplicationProtocol.Http2));
        Assert.Equal(SslApplicationProtocol.Http2, raw.Tls.NegotiatedApplicationProtocol);
        await raw.Tls.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
        await raw.SendAsync(new Http2Frame(Http2Frame.Settings, 0, 0, []));
        return raw;
    }

    /// <summary>A head, every field of it written out in full (RFC 7541, 6.2.2 and 6.2.3).</summary>
    public static byte[] Head(string method, string path, params (string Name, string Value)[] more)
    {
        var block = new List<byte>();
        (string Name, string Value)[] fields =
            [(":method", method), (":scheme", "https"), (":authority", "127.0.0.1"), (":path", path), .. more];
        foreach (var (name, value) in fields)
        {
            block.Add(0);
            Append(block, name);
            Append(block, value);
        }

        return [.. block];
    }

    public async Task SendAsync(params Http2Frame[] frames)
    {
        using var patience = new CancellationTokenSource(Patience);
        await Tls.WriteAsync(frames.SelectMany(static f => f.ToBytes()).ToArray(), patience.Token);
    }

    /// <summary>The next frame of that kind; null where the connection ends before. Fails where neither comes in time.</summary>
    public async Task<Http2Frame?> NextAsync(byte type)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            var head = new byte[9];
            while (true)
            {
                await Tls.ReadExactlyAsync(head, patience.Token);
                var payload = new byte[BinaryPrimitives.ReadInt32BigEndian(head) >> 8];
                await Tls.ReadExactlyAsync(payload, patience.Token);
                if (head[3] == type)
                {
                    return new Http2Frame(type, head[4], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)), payload);
                }
            }
        }
        catch (IOException)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Without a word of farewell, which may have nowhere to go.
        _tcp.Dispose();
        await Tls.DisposeAsync();
    }

    /// <summary>A length of seven bits, and more in the bytes behind (RFC 7541, 5.1), then the text.</summary>
    private static void Append(List<byte> block, string text)
    {
        const int Prefix = 127;
        block.Add((byte)Math.Min(text.Length, Prefix));
        if (text.Length >= Prefix)
        {
            var rest = text.Length - Prefix;
            for (; rest >= 128; rest >>= 7)
            {
                block.Add((byte)(128 | (rest & 127)));
            }

            block.Add((byte)rest);
        }

        block.AddRange(Encoding.ASCII.GetBytes(text));
    }
}
