namespace HeliosSync.Domain;

/// <summary>What becomes of a change that meets a version which it does not know (protocol 5.5). The numbers are stored.</summary>
public enum ConflictPolicy : byte
{
    /// <summary>Nothing is applied; the client merges and pushes again.</summary>
    Reject = 0,

    /// <summary>Nothing is applied, and the conflict is settled by that.</summary>
    ServerWins = 1,

    /// <summary>The change is applied over the version that stands.</summary>
    ClientWins = 2,

    /// <summary>The greater of (timestamp, author's bytes) stands.</summary>
    LastWriteWins = 3,
}

/// <summary>A table with a policy of its own.</summary>
public readonly record struct TablePolicy(string Table, ConflictPolicy Policy);

/// <summary>The policies' names on the wire and in the configuration.</summary>
public static class ConflictPolicyNames
{
    /// <summary>All of them, for a sentence that tells what may stand there.</summary>
    public const string All = "reject, server-wins, client-wins or last-write-wins";

    /// <summary>The policy of that name.</summary>
    public static bool TryParse(string name, out ConflictPolicy policy)
    {
        foreach (var each in Enum.GetValues<ConflictPolicy>())
        {
            if (Of(each) == name)
            {
                policy = each;
                return true;
            }
        }

        policy = default;
        return false;
    }

    /// <summary>The policy's name.</summary>
    public static string Of(ConflictPolicy policy) => policy switch
    {
        ConflictPolicy.Reject => "reject",
        ConflictPolicy.ServerWins => "server-wins",
        ConflictPolicy.ClientWins => "client-wins",
        ConflictPolicy.LastWriteWins => "last-write-wins",
        _ => throw new ArgumentOutOfRangeException(nameof(policy)),
    };
}

/// <summary>The policies of a tenant: one for all its tables, and one for each table that differs. Immutable; equal by content.</summary>
public sealed class ConflictPolicies : IEquatable<ConflictPolicies>
{
    private readonly TablePolicy[] _tables;

    private ConflictPolicies(ConflictPolicy policy, TablePolicy[] tables) => (Default, _tables) = (policy, tables);

    /// <summary>Every conflict is rejected: what holds where nobody said otherwise.</summary>
    public static ConflictPolicies Rejecting { get; } = new(ConflictPolicy.Reject, []);

    /// <summary>The policy of tables that are not named.</summary>
    public ConflictPolicy Default { get; }

    /// <summary>The tables that are named, by their bytes.</summary>
    public IReadOnlyList<TablePolicy> Tables => _tables;

    /// <summary>Whether no conflict can end but rejected.</summary>
    public bool OnlyReject => Default == ConflictPolicy.Reject && Array.TrueForAll(_tables, static t => t.Policy == ConflictPolicy.Reject);

    /// <summary>
    /// Policies in any order; null where a table's name breaks its alphabet or stands twice, a policy is unknown, or there are more than
    /// <see cref="Limits.PolicyTablesMax"/>.
    /// </summary>
    public static ConflictPolicies? TryCreate(ConflictPolicy policy, IEnumerable<TablePolicy> tables)
    {
        ArgumentNullException.ThrowIfNull(tables);
        TablePolicy[] sorted = [.. tables];
        Array.Sort(sorted, static (a, b) => string.CompareOrdinal(a.Table, b.Table));
        var holds = policy <= ConflictPolicy.LastWriteWins && sorted.Length <= Limits.PolicyTablesMax;
        for (var i = 0; i < sorted.Length; i++)
        {
            holds &= sorted[i].Policy <= ConflictPolicy.LastWriteWins
                && Alphabets.IsTable(sorted[i].Table)
                && (i == 0 || sorted[i].Table != sorted[i - 1].Table);
        }

        return holds ? new ConflictPolicies(policy, sorted) : null;
    }

    /// <summary>The policy of a table.</summary>
    public ConflictPolicy Of(string table)
    {
        int low = 0, high = _tables.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            var order = string.CompareOrdinal(_tables[middle].Table, table);
            if (order == 0)
            {
                return _tables[middle].Policy;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle);
        }

        return Default;
    }

    /// <inheritdoc/>
    public bool Equals(ConflictPolicies? other) =>
        other is not null && Default == other.Default && _tables.AsSpan().SequenceEqual(other._tables);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ConflictPolicies);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Default, _tables.Length);

    /// <inheritdoc/>
    public override string ToString()
    {
        var tables = _tables.Select(static t => $" {t.Table}={ConflictPolicyNames.Of(t.Policy)}");
        return ConflictPolicyNames.Of(Default) + string.Concat(tables);
    }
}
