using System.Text;

namespace HeliosSync.Host;

/// <summary>Judges a signing secret (protocol 2).</summary>
internal static class SecretStrength
{
    /// <summary>Bytes of a secret: the 256 bits of HS256.</summary>
    public const int BytesMin = 32;

    /// <summary>Different bytes that a secret must have in Production: fewer are a pattern, not chance.</summary>
    private const int DifferentBytesMin = 10;

    private const string Remedy = "make a good one with `heliossync keys new` or `openssl rand -base64 48`";

    /// <summary>Pieces of secrets that stand in documentation, ours and others', and so are known to everyone.</summary>
    private static readonly string[] KnownPieces =
    [
        "your-secret", "your_secret", "your-256-bit", "your_256_bit", "your-super-secret", "your-jwt", "your_jwt", "yoursecret",
        "a-string-secret", "my-secret", "my_secret", "mysecret", "super-secret", "supersecret", "secret-key", "secret_key", "secretkey",
        "change-me", "change_me", "changeme", "change-this", "change-in-production", "replace-me", "replace-this", "example-secret",
        "default-secret", "dev-secret", "test-secret", "heliosdb", "heliossync", "passw0rd", "password", "0123456789abcdef",
        "12345678901234567890", "abcdefghijklmnopqrstuvwxyz",
    ];

    /// <summary>Why the secret may not be used, as one sentence; null where it may.</summary>
    public static string? Problem(string secret, bool production)
    {
        var bytes = Encoding.UTF8.GetBytes(secret);
        if (production && IsKnown(secret))
        {
            return $"JWT_SECRET is one that stands in documentation, so that anyone can make tokens; {Remedy}.";
        }

        if (bytes.Length < BytesMin)
        {
            return $"JWT_SECRET has {bytes.Length} bytes and needs at least {BytesMin}; {Remedy}.";
        }

        return production && bytes.Distinct().Count() < DifferentBytesMin
            ? $"JWT_SECRET repeats a few characters and can be guessed; {Remedy}."
            : null;
    }

    /// <summary>What to say where Production has no secret.</summary>
    public static string Missing => $"JWT_SECRET is not set, and only Development makes one by itself; {Remedy}.";

    /// <summary>Whether the secret owes its length to pieces that everyone knows: a good secret behind a known word stays good.</summary>
    private static bool IsKnown(string secret)
    {
        var rest = KnownPieces.Aggregate(secret, static (s, piece) => s.Replace(piece, "", StringComparison.OrdinalIgnoreCase));
        return secret.Equals("secret", StringComparison.OrdinalIgnoreCase)
            || (rest.Length < secret.Length && Encoding.UTF8.GetByteCount(rest) < BytesMin);
    }
}
