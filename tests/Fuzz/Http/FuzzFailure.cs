using System.Text;

namespace HeliosSync.Fuzz.Http;

/// <summary>The server did what it must not. The message has all that is needed to see it again.</summary>
internal sealed class FuzzFailure(string message) : Exception(message)
{
    private const int BytesShown = 3_000;

    public static FuzzFailure Of(int seed, int step, string what, byte[] request, RawAnswer? answer) => new(
        $"""
        {what}
        answer: {answer?.ToString() ?? "none"}
        request ({request.Length} bytes): {Show(request)}
        again: dotnet run -c Release --project tests/Fuzz -- http --seed {seed} --episodes 1   (step {step})
        """);

    private static string Show(byte[] bytes)
    {
        var text = new StringBuilder();
        foreach (var b in bytes.Take(BytesShown))
        {
            _ = b is >= (byte)' ' and < 0x7f or (byte)'\n'
                ? text.Append((char)b)
                : b == (byte)'\r' ? text : text.Append(System.Globalization.CultureInfo.InvariantCulture, $"\\x{b:x2}");
        }

        return text.ToString();
    }
}
