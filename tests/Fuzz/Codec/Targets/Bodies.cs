using System.IO.Hashing;
using System.IO.Pipelines;
using HeliosSync.Codec;
using HeliosSync.Domain;
using HeliosSync.Property.Codec;

namespace HeliosSync.Fuzz.Codec;

/// <summary>Reads bodies whole and in pieces, within bounds of work and memory.</summary>
internal static class Bodies
{
    private const int AllocatedPerByteMax = 400;
    private const int AllocatedBesideMax = 2 * 1_024 * 1_024;
    private const int SingleBytesMax = 300;
    private const int SingleBytesEvery = 8;

    public static byte[][] JsonTokens { get; } =
    [
        .. new[]
        {
            "null", "true", "false", "{}", "[]", "\"\"", ",", ":", "1.0", "1e3", "-1", "\\u0061", "\\ud83d\\ude00", "\\ud800", "\\udc00",
            "\\\\", "\"clocks\":{", "\"vector_clock\":{\"a\":1}", "\"type\":", "\"changes\":[", "\"lsn\":2", "\"key\":[1]", "\"data\":[]",
            "\"x\":[[{}]]", "\"operation\":\"Delete\"", "\"compressed\":true", "\"base_lsn\":1", "\"atomic\":true", "\"server_node\":\"a\"",
            "\"tables\":[\"t\"]", "\"exclude_own\":true", "\"encoding\":\"base64\"", "\"metadata\":{\"a\":\"b\"}", "\"node_id\":\"a#1\"",
            "\"last_local_lsn\":0",
        }.Select(System.Text.Encoding.UTF8.GetBytes),
        [0xc3, 0xa9], [0xed, 0xa0, 0x80], [0xf0, 0x9f, 0x98, 0x80],
    ];

    /// <summary>
    /// The message; null and the reason where the body is refused. The same whole and in pieces that depend on the body alone.
    /// </summary>
    public static (T? Value, Refusal? Refusal) Read<T>(byte[] body, Func<MessageParser<T>> begin)
        where T : class
    {
        var random = new Random((int)Crc32.HashToUInt32(body));
        var cuts = Enumerable.Range(0, random.Next(1, 9)).Select(_ => random.Next()).ToArray();
        var whole = ReadPieces(body, new InboundPieces(body), begin);
        var cut = ReadPieces(body, new InboundPieces(InboundPieces.Cut(body, cuts)), begin);
        Oracle.Same(whole.Refusal, cut.Refusal, "a cut body is refused alike");
        (cut.Value as IDisposable)?.Dispose();
        if (body.Length <= SingleBytesMax && random.Next(SingleBytesEvery) == 0)
        {
            var single = ReadPieces(body, new InboundPieces(body.Select(static b => new[] { b })), begin);
            Oracle.Same(whole.Refusal, single.Refusal, "a body in single bytes is refused alike");
            (single.Value as IDisposable)?.Dispose();
        }

        return whole;
    }

    private static (T? Value, Refusal? Refusal) ReadPieces<T>(byte[] body, PipeReader pieces, Func<MessageParser<T>> begin)
        where T : class
    {
        using var parser = begin();
        var read = Oracle.Bounded(
            body.Length, AllocatedPerByteMax, AllocatedBesideMax, () => BodyReader.ReadAsync(pieces, parser, default));
        Oracle.Holds(read.IsCompleted, "what stands ready is read at once");
        var refusal = read.IsCompletedSuccessfully ? read.Result : read.AsTask().GetAwaiter().GetResult();
        Oracle.Holds(parser.BytesScanned <= 3L * body.Length, $"work is linear: {parser.BytesScanned} for {body.Length} bytes");
        return refusal is null ? (parser.Take(), null) : (null, refusal);
    }

    /// <summary>Asserts that the reference takes the body just where the reader does.</summary>
    public static void Agree(InboundVerdict reference, Refusal? refusal)
    {
        Oracle.Same(reference == InboundVerdict.Good, refusal is null, $"{refusal} is the reference's {reference}");
        var isAlike = reference == InboundVerdict.NotJson || refusal?.Code != ErrorCode.InvalidJson;
        Oracle.Holds(isAlike, $"what is {reference} is no {refusal?.Code}");
    }
}
