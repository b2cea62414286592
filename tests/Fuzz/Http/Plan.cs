using System.Text;

namespace HeliosSync.Fuzz.Http;

/// <summary>A request that is going to be sent, with what is known of it.</summary>
internal sealed class Plan
{
    public required string Endpoint { get; init; }

    public required string Method { get; set; }

    public required string Target { get; set; }

    /// <summary>Headers but for those that frame the body.</summary>
    public List<(string Name, string Value)> Headers { get; } = [];

    /// <summary>The body as it is sent; null for a request without one.</summary>
    public byte[]? Body { get; set; }

    /// <summary>The body before its content coding; null where that was spoiled, or where there is none.</summary>
    public byte[]? Plain { get; set; }

    /// <summary>Whether the body goes in chunks.</summary>
    public bool Chunked { get; set; }

    /// <summary>Whether nothing but the body can be a reason to refuse it.</summary>
    public bool GoodAround { get; set; } = true;

    /// <summary>Whether it must be refused, whatever the body is.</summary>
    public bool MustFail { get; set; }

    /// <summary>The id that the answer has to bear; null where none is known.</summary>
    public string? RequestId { get; set; }

    /// <summary>Whether it speaks for the episode's own tenant.</summary>
    public bool OwnTenant { get; set; } = true;

    /// <summary>The rows of a push, in the order of its changes.</summary>
    public List<(long Lsn, string Row)> Rows { get; } = [];

    public bool IsHead => Method == "HEAD";

    /// <summary>The whole request, its body framed as HTTP wants it.</summary>
    public byte[] ToBytes(Random chance)
    {
        var framing = Body is null ? "" : Chunked ? "Transfer-Encoding: chunked\r\n" : $"Content-Length: {Body.Length}\r\n";
        return [.. Head(framing), .. Body is null ? [] : Chunked ? InChunks(Body, chance) : Body];
    }

    /// <summary>Everything before the body, with these lines to frame it.</summary>
    public byte[] Head(string framing, string version = "HTTP/1.1", string host = "Host: 127.0.0.1\r\n")
    {
        var head = new StringBuilder($"{Method} {Target} {version}\r\n{host}");
        foreach (var (name, value) in Headers)
        {
            head.Append(name).Append(": ").Append(value).Append("\r\n");
        }

        return Encoding.Latin1.GetBytes(head.Append(framing).Append("\r\n").ToString());
    }

    /// <summary>The bytes in chunks of any size, with all that HTTP allows around them.</summary>
    public static byte[] InChunks(byte[] body, Random chance)
    {
        using var to = new MemoryStream();
        for (var at = 0; at < body.Length;)
        {
            var size = Math.Min(body.Length - at, 1 + chance.Next(chance.Next(3) == 0 ? 20 : 4_000));
            var digits = size.ToString(chance.Next(2) == 0 ? "x" : "X4", System.Globalization.CultureInfo.InvariantCulture);
            to.Write(Encoding.ASCII.GetBytes($"{digits}{(chance.Next(8) == 0 ? ";ext=1" : "")}\r\n"));
            to.Write(body, at, size);
            to.Write("\r\n"u8);
            at += size;
        }

        to.Write(chance.Next(8) == 0 ? "0\r\nX-Trailer: 1\r\n\r\n"u8 : "0\r\n\r\n"u8);
        return to.ToArray();
    }
}
