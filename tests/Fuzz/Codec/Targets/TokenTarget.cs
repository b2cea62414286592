using System.Text;
using HeliosSync.Codec;
using HeliosSync.Domain;
using HeliosSync.Property;

namespace HeliosSync.Fuzz.Codec;

/// <summary>A continuation token: only the text that the server itself would seal opens, whatever was made of one.</summary>
internal sealed class TokenTarget : FuzzTarget
{
    private static readonly ContinuationTokens Tokens32 = new("01234567890123456789012345678901"u8);

    private static readonly Pull Asked = new(Guid.Empty, Tiny.Client("a"), 5, 100, null, null, ["t", "tasks"], true, false, false);

    private readonly TenantId _tenant = TenantId.TryParse("tenant", out var id) ? id : throw new InvalidOperationException("no tenant");

    public override string Name => "token";

    public override int Share => 4;

    public override int InputBytesMax => 128;

    public override IReadOnlyList<byte[]> Tokens { get; } =
        [.. new[] { "=", "-", "_", "+", "/", " ", "\n", "A", "AQ" }.Select(Encoding.ASCII.GetBytes)];

    public override IEnumerable<byte[]> Seeds() =>
        new[] { 0L, 5, 1_000, Limits.SafeIntegerMax }
            .Select(at => Encoding.ASCII.GetBytes(Tokens32.Seal(_tenant, Asked, Tiny.ServerGuid, at, at + 1)));

    public override bool Run(byte[] input)
    {
        var text = Encoding.UTF8.GetString(input);
        if (!Tokens32.TryOpen(_tenant, Asked with { ContinuationToken = text }, out var node, out var after, out var pinned))
        {
            Oracle.Same((default(Guid), 0L, 0L), (node, after, pinned), "a refused token says nothing");
            return false;
        }

        Oracle.Same(Tokens32.Seal(_tenant, Asked, node, after, pinned), text, "a token that opens is the one that was sealed");
        return true;
    }
}
