namespace HeliosSync.Actors.Tokens;

/// <summary>What comes of a refresh token that is used.</summary>
public enum RotationOutcome
{
    /// <summary>It was the latest of its family: another takes its place.</summary>
    New,

    /// <summary>It was used before, by the same attempt as far as one can tell; its successor was not: the answer is the same.</summary>
    Again,

    /// <summary>It was used before: somebody has a copy of it. The family is revoked now.</summary>
    Replayed,

    /// <summary>It is revoked.</summary>
    Revoked,

    /// <summary>Its family is not known: the file was lost, or is an older one.</summary>
    Unknown,
}

/// <summary>What comes of a refresh token that is used.</summary>
/// <param name="Outcome">What it is.</param>
/// <param name="Id">The <c>jti</c> of the next refresh token; empty where there is none.</param>
/// <param name="IssuedAt">The next one's <c>iat</c>, seconds since the Unix epoch.</param>
public readonly record struct Rotation(RotationOutcome Outcome, string Id, long IssuedAt);

/// <summary>A sign-in's chain of refresh tokens.</summary>
/// <param name="Current">The <c>jti</c> of the latest, which was not used.</param>
/// <param name="Previous">That of the one before, which was used for it.</param>
/// <param name="MessageId">What the client called the attempt that used it; null where it did not.</param>
/// <param name="RotatedAt">When that was, seconds since the Unix epoch.</param>
/// <param name="Until">When the last of its refresh tokens ends, seconds since the Unix epoch.</param>
internal sealed record TokenFamily(string Current, string Previous, Guid? MessageId, long RotatedAt, long Until);
