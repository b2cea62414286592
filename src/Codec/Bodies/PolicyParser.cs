using System.Diagnostics;
using System.Text;
using System.Text.Json;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>Reads the body that sets a tenant's conflict policies (protocol 5.5).</summary>
internal sealed class PolicyParser() : MessageParser<PolicyChoice>(Fields, "")
{
    private const int Policy = 0, Tables = 1;

    private static readonly FieldSet Fields = new(["policy"], ["tables"]);

    private readonly Dictionary<string, ConflictPolicy> _tables = [];
    private ConflictPolicy? _policy;

    /// <inheritdoc/>
    public override PolicyChoice Take() => new(
        _policy is { } policy
            ? ConflictPolicies.TryCreate(policy, _tables.Select(static t => new TablePolicy(t.Key, t.Value)))!
            : null);

    /// <inheritdoc/>
    protected override bool TakeField(int field, ref JsonCursor cursor) => field switch
    {
        Policy => TakeDefault(ref cursor),
        Tables => TakeTables(ref cursor),
        _ => throw new UnreachableException(),
    };

    /// <inheritdoc/>
    protected override bool TakeEnd(ref JsonCursor cursor) =>
        _policy is not null || _tables.Count == 0
        || cursor.RefuseField("tables", $"goes with a policy, not with {PolicyChoice.Configured}");

    private bool TakeDefault(ref JsonCursor cursor)
    {
        if (cursor.Token == JsonTokenType.String && cursor.Text.SequenceEqual("configured"u8))
        {
            _policy = null;
            return true;
        }

        var isTaken = TakePolicy(ref cursor, "policy", out var policy);
        _policy = policy;
        return isTaken;
    }

    private static bool TakePolicy(ref JsonCursor cursor, string field, out ConflictPolicy policy)
    {
        policy = default;
        return cursor.TakeText(field, out var name)
            && (ConflictPolicyNames.TryParse(Encoding.UTF8.GetString(name[..Math.Min(name.Length, PolicyChoice.NameBytesMax)]), out policy)
                || cursor.RefuseField(field, $"must be {ConflictPolicyNames.All}"));
    }

    /// <summary>Takes all of the object: it is short, and one field is one unit.</summary>
    private bool TakeTables(ref JsonCursor cursor)
    {
        if (cursor.Token != JsonTokenType.StartObject)
        {
            return cursor.RefuseField("tables", "must be an object of table names and policies");
        }

        // More bytes may have been needed the last time, in the middle of the object.
        _tables.Clear();
        var names = new NameTable();
        while (cursor.Read())
        {
            if (cursor.Token == JsonTokenType.EndObject)
            {
                return true;
            }

            if (_tables.Count == Limits.PolicyTablesMax)
            {
                return cursor.RefuseField("tables", $"names more than {Limits.PolicyTablesMax} tables");
            }

            if (!names.TryTable(cursor.Text, out var table))
            {
                return cursor.RefuseField("tables", "has a name that is no table name");
            }

            if (_tables.ContainsKey(table))
            {
                return cursor.RefuseField($"tables.{table}", "stands there twice");
            }

            if (!cursor.Read() || !TakePolicy(ref cursor, $"tables.{table}", out var policy))
            {
                return false;
            }

            _tables.Add(table, policy);
        }

        return false;
    }
}
