using System.Text;
using HeliosSync.Codec;

namespace HeliosSync.Fuzz.Codec;

/// <summary>A base64 text: taken just where it is the text that the framework would write for the bytes that it reads in it.</summary>
internal sealed class Base64Target : FuzzTarget
{
    public override string Name => "base64";

    public override int Share => 8;

    public override int InputBytesMax => 256;

    public override IReadOnlyList<byte[]> Tokens { get; } =
        [.. new[] { "=", "==", "AA==", "AAA=", " ", "\n", "-", "_", "+/", "/w==" }.Select(Encoding.ASCII.GetBytes)];

    public override IEnumerable<byte[]> Seeds() =>
        Enumerable.Range(0, 12).Select(static n => Enumerable.Range(0, n * n).Select(static i => (byte)(i * 37)).ToArray())
            .Select(static bytes => Encoding.ASCII.GetBytes(Convert.ToBase64String(bytes)));

    public override bool Run(byte[] input)
    {
        var read = Oracle.SameInAnySurroundings(input, static text => Read(text.Span));
        Oracle.Same(Reference(Encoding.Latin1.GetString(input)), read, "the framework reads the same bytes");
        return read is not null;
    }

    private static string? Read(ReadOnlySpan<byte> text)
    {
        var bytes = new byte[StrictBase64.BytesMax(text.Length)];
        return StrictBase64.TryDecode(text, bytes, out var written) ? Convert.ToHexString(bytes.AsSpan(0, written)) : null;
    }

    private static string? Reference(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var written) && Convert.ToBase64String(bytes, 0, written) == text
            ? Convert.ToHexString(bytes.AsSpan(0, written))
            : null;
    }
}
