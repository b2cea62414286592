using System.Buffers;
using System.Buffers.Text;

namespace HeliosSync.Codec;

/// <summary>
/// Base64 as the protocol means it (5.1): the standard alphabet with padding, and one text for each sequence of bytes. The framework's
/// decoder refuses bits behind the last byte, but takes whitespace.
/// </summary>
internal static class StrictBase64
{
    private static readonly SearchValues<byte> Alphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="u8);

    /// <summary>Bytes that a text of this length stands for, or one or two more.</summary>
    public static int BytesMax(int textLength) => textLength / 4 * 3;

    /// <summary>Decodes the text; the destination needs room for <see cref="BytesMax"/>. False where it is no strict base64.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> text, Span<byte> destination, out int written)
    {
        written = 0;
        return text.Length % 4 == 0
            && !text.ContainsAnyExcept(Alphabet)
            && Base64.DecodeFromUtf8(text, destination, out _, out written) == OperationStatus.Done;
    }
}
