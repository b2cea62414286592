using HeliosSync.Actors.Tokens;

namespace HeliosSync.Host;

/// <summary>The configuration of tokens, found to hold.</summary>
/// <param name="AccessLifetime">How long the access token of a pair holds.</param>
/// <param name="RefreshLifetime">How long a refresh token holds.</param>
/// <param name="RefreshGrace">For how long a refresh token that was used is answered as before.</param>
/// <param name="TenantRevocationsMax">Revocations that one tenant may have in force.</param>
public sealed record TokenSettings(TimeSpan AccessLifetime, TimeSpan RefreshLifetime, TimeSpan RefreshGrace, int TenantRevocationsMax)
{
    private const int MinutesMax = 1_440;
    private const int DaysMax = 90;
    private const int GraceSecondsMax = 600;
    private const int RevocationsCeiling = 1_000_000;

    internal TokenStoreOptions Store => new(RefreshLifetime, RefreshGrace, TenantRevocationsMax);

    /// <summary>Reads it; says everything that is wrong with it.</summary>
    internal static TokenSettings Read(TokenOptions options, ICollection<string> problems)
    {
        Between(nameof(options.AccessMinutes), options.AccessMinutes, 1, MinutesMax, problems);
        Between(nameof(options.RefreshDays), options.RefreshDays, 1, DaysMax, problems);
        Between(nameof(options.RefreshGraceSeconds), options.RefreshGraceSeconds, 0, GraceSecondsMax, problems);
        Between(nameof(options.TenantRevocationsMax), options.TenantRevocationsMax, 1, RevocationsCeiling, problems);
        return new TokenSettings(
            TimeSpan.FromMinutes(options.AccessMinutes),
            TimeSpan.FromDays(options.RefreshDays),
            TimeSpan.FromSeconds(options.RefreshGraceSeconds),
            options.TenantRevocationsMax);
    }

    private static void Between(string option, int value, int least, int most, ICollection<string> problems)
    {
        if (value < least || value > most)
        {
            const string Section = $"{HeliosSyncOptions.Section}:{nameof(HeliosSyncOptions.Tokens)}";
            problems.Add($"{Section}:{option} is {value}; it takes {least} to {most}.");
        }
    }
}
