using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary>Makes conflict policies of what is configured.</summary>
internal static class PolicySettings
{
    /// <summary>The policies; what is wrong with them is added to the problems.</summary>
    public static ConflictPolicies Read(HeliosSyncOptions options, ICollection<string> problems)
    {
        var policy = Parse(nameof(options.ConflictPolicy), options.ConflictPolicy, problems);
        var tables = new List<TablePolicy>();
        foreach (var entry in options.ConflictPolicyTables)
        {
            var at = entry.IndexOf('=', StringComparison.Ordinal);
            var table = at < 0 ? entry : entry[..at];
            if (at < 0 || !Alphabets.IsTable(table) || tables.Exists(t => t.Table == table))
            {
                problems.Add(
                    $"HeliosSync:{nameof(options.ConflictPolicyTables)} has {Quoted.Text(entry)}; "
                    + "it takes each table once, as in tasks=server-wins.");
                continue;
            }

            tables.Add(new TablePolicy(table, Parse(nameof(options.ConflictPolicyTables), entry[(at + 1)..], problems)));
        }

        if (tables.Count > Limits.PolicyTablesMax)
        {
            problems.Add(
                $"HeliosSync:{nameof(options.ConflictPolicyTables)} names {tables.Count} tables; it takes {Limits.PolicyTablesMax}.");
        }

        return ConflictPolicies.TryCreate(policy, tables) ?? ConflictPolicies.Rejecting;
    }

    private static ConflictPolicy Parse(string option, string name, ICollection<string> problems)
    {
        if (!ConflictPolicyNames.TryParse(name, out var policy))
        {
            problems.Add($"HeliosSync:{option} is {Quoted.Text(name)}; it takes {ConflictPolicyNames.All}.");
        }

        return policy;
    }
}
