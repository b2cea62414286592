using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>
/// Makes and opens continuation tokens (protocol 4.2): the journal's own node, the next page's start and the pinned head, authenticated
/// together with the tenant and everything of the pull that must stay the same. Safe to use from many threads.
/// </summary>
public sealed class ContinuationTokens
{
    /// <summary>Bytes of the key.</summary>
    public const int KeyBytes = 32;

    private const byte Format = 2;
    private const int NodeBytes = 16;
    private const int PlaceBytes = 1 + 8 + 8 + NodeBytes;
    private const int MacBytes = 18;

    // A multiple of three, so that base64 leaves no bit of the text unused.
    private const int TokenBytes = PlaceBytes + MacBytes;
    private const int TokenChars = TokenBytes / 3 * 4;

    private readonly byte[] _key;

    /// <summary>Authenticates with this key of <see cref="KeyBytes"/> bytes; another length throws.</summary>
    public ContinuationTokens(ReadOnlySpan<byte> key32)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(key32.Length, KeyBytes, nameof(key32));
        _key = key32.ToArray();
    }

    /// <summary>The token for the page after this one.</summary>
    /// <param name="tenant">Whose journal it is.</param>
    /// <param name="pull">The pull; its own token is not looked at.</param>
    /// <param name="serverNode">The journal's own node: one that was restored from a backup gives the same LSNs a second time.</param>
    /// <param name="after">The next page begins above this LSN.</param>
    /// <param name="pinned">The head as the first page saw it.</param>
    public string Seal(TenantId tenant, Pull pull, Guid serverNode, long after, long pinned)
    {
        Span<byte> token = stackalloc byte[TokenBytes];
        token[0] = Format;
        BinaryPrimitives.WriteInt64LittleEndian(token[1..], after);
        BinaryPrimitives.WriteInt64LittleEndian(token[9..], pinned);
        serverNode.TryWriteBytes(token[17..], bigEndian: true, out _);
        Mac(tenant, pull, token[..PlaceBytes], token[PlaceBytes..]);
        return Base64Url.EncodeToString(token);
    }

    /// <summary>
    /// Opens the pull's token: false where it is not one that this server made for this tenant and pull. Whether it was made for the
    /// journal that the tenant has now is for the tenant to say.
    /// </summary>
    public bool TryOpen(TenantId tenant, Pull pull, out Guid serverNode, out long after, out long pinned)
    {
        (serverNode, after, pinned) = (default, 0, 0);
        Span<byte> token = stackalloc byte[TokenBytes];
        if (pull.ContinuationToken is not { Length: TokenChars } text || !TryDecode(text, token) || token[0] != Format)
        {
            return false;
        }

        Span<byte> mac = stackalloc byte[MacBytes];
        Mac(tenant, pull, token[..PlaceBytes], mac);
        if (!CryptographicOperations.FixedTimeEquals(mac, token[PlaceBytes..]))
        {
            return false;
        }

        after = BinaryPrimitives.ReadInt64LittleEndian(token[1..]);
        pinned = BinaryPrimitives.ReadInt64LittleEndian(token[9..]);
        serverNode = new Guid(token.Slice(17, NodeBytes), bigEndian: true);
        return true;
    }

    // Of so many characters, only those without blanks and padding make so many bytes: one text a token, no other.
    private static bool TryDecode(string text, Span<byte> token) =>
        Base64Url.IsValid(text, out var bytes) && bytes == TokenBytes && Base64Url.TryDecodeFromChars(text, token, out _);

    /// <summary>HMAC-SHA256, cut to 18 bytes, over the place and all that the token is bound to, each part behind its length.</summary>
    private void Mac(TenantId tenant, Pull pull, ReadOnlySpan<byte> place, Span<byte> mac)
    {
        using var bound = new BytesWriter(512);
        bound.Bytes(place);
        bound.Text(tenant.Value);
        bound.Text(pull.Client.Value);
        bound.Number(pull.SinceLsn);
        bound.Byte((byte)((pull.ExcludeOwn ? 1 : 0) | (pull.Tables is null ? 0 : 2)));
        foreach (var table in pull.Tables ?? [])
        {
            bound.Text(table);
        }

        Span<byte> whole = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, bound.Written, whole);
        whole[..MacBytes].CopyTo(mac);
    }
}
