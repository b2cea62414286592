using System.Security.Cryptography;

namespace HeliosSync.Host;

/// <summary>A line's number and its seal; before the first line both are zero.</summary>
/// <param name="Seq">The line's number, dense, from 1.</param>
/// <param name="Seal">Its 32 bytes.</param>
internal readonly record struct AuditPlace(long Seq, ReadOnlyMemory<byte> Seal)
{
    /// <summary>Before the first line.</summary>
    public static AuditPlace Beginning { get; } = new(0, new byte[AuditSeal.Bytes]);

    /// <summary>Whether it is the same line.</summary>
    public bool Is(AuditPlace other) => Seq == other.Seq && Seal.Span.SequenceEqual(other.Seal.Span);

    /// <summary>As it is printed and given to <c>audit verify --head</c>.</summary>
    public override string ToString() => $"{Seq}:{Convert.ToHexStringLower(Seal.Span)}";

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out AuditPlace place)
    {
        place = default;
        var colon = text.IndexOf(':');
        var seal = new byte[AuditSeal.Bytes];
        if (colon < 1
            || !long.TryParse(text[..colon], System.Globalization.NumberStyles.None, null, out var seq)
            || text.Length - colon - 1 != AuditSeal.Bytes * 2
            || Convert.FromHexString(text[(colon + 1)..], seal, out _, out _) != System.Buffers.OperationStatus.Done)
        {
            return false;
        }

        place = new AuditPlace(seq, seal);
        return true;
    }
}

/// <summary>
/// Seals lines: HMAC-SHA-256 over the seal of the line before and the line itself. Whoever has not the key can seal nothing.
/// </summary>
internal sealed class AuditSeal(byte[] key)
{
    /// <summary>Bytes of a seal.</summary>
    public const int Bytes = HMACSHA256.HashSizeInBytes;

    /// <summary>Names the key without telling it, so that a wrong one is not taken for a forged log.</summary>
    public string KeyId { get; } = Convert.ToHexStringLower(HMACSHA256.HashData(key, "heliossync audit key"u8).AsSpan(0, 8));

    /// <summary>The seal of a line.</summary>
    /// <param name="before">The seal of the line before.</param>
    /// <param name="body">The line up to its own seal.</param>
    public byte[] Of(ReadOnlySpan<byte> before, ReadOnlySpan<byte> body)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hash.AppendData(before);
        hash.AppendData(body);
        return hash.GetHashAndReset();
    }
}
