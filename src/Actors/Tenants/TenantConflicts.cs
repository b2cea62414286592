namespace HeliosSync.Actors.Tenants;

/// <summary>A message about a tenant's conflicts and what becomes of them.</summary>
internal interface IConflictMessage : ITenantMessage;

/// <summary>
/// The part of a tenant's cycle that tells of conflicts (protocol 4.7), and keeps the policies that decide them (5.5). Decides, writes and
/// answers as the cycle does, through it.
/// </summary>
internal sealed class TenantConflicts<TCaller>(TenantCycle<TCaller> cycle, TenantServices services)
    where TCaller : notnull
{
    /// <summary>Takes a message; answers it behind the writes that its answer relies on.</summary>
    public void Handle(IConflictMessage message, TCaller from, long now)
    {
        switch (message)
        {
            case AskPolicies:
                cycle.AnswerBehindWrites(from, Tell);
                break;
            case SetPolicies m:
                Set(m, from, now);
                break;
            case ListConflicts m:
                var listed = cycle.Tenant.CheckRestored(m.Client) ?? (object)ConflictsListed.Of(cycle.Tenant, m, now);
                cycle.AnswerBehindWrites(from, () => listed);
                break;
            default:
                throw new ArgumentException($"A tenant cannot handle {message.GetType()}.", nameof(message));
        }
    }

    private void Set(SetPolicies m, TCaller from, long now)
    {
        if (cycle.Tenant.Decide(m.Policies, m.By, services.NewServerNode(), now) is { } e)
        {
            cycle.Persist(cycle.Apply(e), from, Tell);
            return;
        }

        cycle.AnswerBehindWrites(from, Tell);
    }

    private PoliciesReply Tell() => new(cycle.Tenant.Policies ?? services.Options.Policies, cycle.Tenant.Policies is not null);
}
