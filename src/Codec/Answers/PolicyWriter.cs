using System.Buffers;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>Writes the conflict policies of a tenant (protocol 5.5).</summary>
public static class PolicyWriter
{
    /// <summary>Writes the answer.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="policies">What is in force.</param>
    /// <param name="ownOfTenant">Whether they were set for this tenant.</param>
    public static void Write(IBufferWriter<byte> to, ConflictPolicies policies, bool ownOfTenant)
    {
        using var json = Json.Begin(to);
        json.WriteStartObject();
        json.WriteString("policy"u8, ConflictPolicyNames.Of(policies.Default));
        json.WriteStartObject("tables"u8);
        foreach (var (table, policy) in policies.Tables)
        {
            json.WriteString(table, ConflictPolicyNames.Of(policy));
        }

        json.WriteEndObject();
        json.WriteString("source"u8, ownOfTenant ? "tenant"u8 : "configuration"u8);
        json.WriteEndObject();
    }
}
