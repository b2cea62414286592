namespace HeliosSync.Host;

/// <summary>What can be configured of tokens: <c>HeliosSync:Tokens:</c>.</summary>
public sealed record TokenOptions
{
    /// <summary>Minutes that the access token of a pair holds, 1 to 1,440.</summary>
    public int AccessMinutes { get; set; } = 60;

    /// <summary>Days that a refresh token holds, 1 to 90; each use begins them anew.</summary>
    public int RefreshDays { get; set; } = 7;

    /// <summary>
    /// Seconds for which a refresh token that was used is answered as before, 0 to 600, while its successor was not used: for a client
    /// that lost the answer. Afterwards only a repeat under the same <c>message_id</c> is; everything else revokes the family.
    /// </summary>
    public int RefreshGraceSeconds { get; set; } = 30;

    /// <summary>Revocations of tokens and clients that one tenant may have in force, 1 to 1,000,000; beyond: 403.</summary>
    public int TenantRevocationsMax { get; set; } = 10_000;
}
