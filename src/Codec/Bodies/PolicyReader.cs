using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>What policies an administrator chose for a tenant.</summary>
/// <param name="Policies">The policies; null: whatever the server is configured with.</param>
public sealed record PolicyChoice(ConflictPolicies? Policies)
{
    /// <summary>The word for "as the server is configured".</summary>
    public const string Configured = "configured";

    /// <summary>Bytes beyond which a text is no policy's name, whatever it is.</summary>
    internal const int NameBytesMax = 32;
}

/// <summary>Reads the body of <c>PUT /policy</c> (protocol 5.5).</summary>
public sealed class PolicyReader : MessageReader<PolicyChoice>
{
    private protected override MessageParser<PolicyChoice> Begin() => new PolicyParser();
}
