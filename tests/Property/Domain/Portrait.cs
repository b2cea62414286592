using System.Globalization;
using System.Text;
using HeliosSync.Domain;

namespace HeliosSync.Property;

/// <summary>All that can be seen of a tenant's state, as text: two states are the same where their portraits are.</summary>
internal static class Portrait
{
    /// <summary>The state with the clients' positions.</summary>
    public static string Of(Tenant tenant)
    {
        if (tenant.ServerNode is null)
        {
            return $"nothing yet, head {tenant.Head}";
        }

        var frozen = tenant.Freeze();
        return Of(frozen) + string.Join(' ', frozen.Clients.Select(c => $"{c.Client}@{tenant.StandingOf(c.Client).Position}"));
    }

    /// <summary>The state as a snapshot holds it. The marks depend on where earlier snapshots stood; without them where asked.</summary>
    public static string Of(TenantSnapshot snapshot, bool marks = true)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{snapshot.ServerNode} head {snapshot.Head} sequence {snapshot.Sequence}");
        text.AppendLine(CultureInfo.InvariantCulture, $"policies {snapshot.Policies}");
        text.AppendJoin(Environment.NewLine, snapshot.Nodes).AppendLine();
        foreach (var client in snapshot.Clients.OrderBy(c => c.Client.Value, StringComparer.Ordinal))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{client.Client} is {client.Node} since {client.RegisteredMicros}");
            text.AppendLine(CultureInfo.InvariantCulture, $"seen {client.SeenMicros}, {client.Conflicts} conflicts");
            text.AppendJoin(' ', client.Metadata).AppendJoin(' ', client.Window).AppendLine();
        }

        text.AppendJoin(Environment.NewLine, snapshot.Rows.SelectMany(r => r.ToArray()).OrderBy(r => r.Row.High)).AppendLine();
        text.AppendJoin(Environment.NewLine, snapshot.Conflicts).AppendLine();
        text.AppendJoin(' ', snapshot.Times).AppendLine();
        return marks ? text.AppendJoin(' ', snapshot.Marks).ToString() : text.ToString();
    }
}
