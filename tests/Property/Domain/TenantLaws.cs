using FsCheck.Xunit;
using HeliosSync.Domain;

namespace HeliosSync.Property;

/// <summary>Tenants know nothing of each other, though clients, rows and message ids have the same names in them (protocol 1).</summary>
[Properties(Arbitrary = [typeof(HistoryArbitraries)], MaxTest = 200)]
public sealed class TenantLaws
{
    [Property]
    public void What_happens_in_one_tenant_never_matters_to_another(History history, History others)
    {
        var alone = Arena.After(history);
        var (one, other) = (new Arena(), new Arena());
        for (var at = 0; at < Math.Max(history.Steps.Count, others.Steps.Count); at++)
        {
            TakeStep(other, others, at);
            TakeStep(one, history, at);
        }

        Assert.Equal(alone.Journal.Select(Written), one.Journal.Select(Written));
        Assert.Equal(Portrait.Of(alone.Tenant), Portrait.Of(one.Tenant));
    }

    private static void TakeStep(Arena arena, History history, int at)
    {
        if (at < history.Steps.Count)
        {
            arena.Take(history.Steps[at]);
        }
    }

    /// <summary>What was decided, as far as it says what became of each change.</summary>
    private static string Written((TenantEvent Event, long Sequence) entry) => entry.Event is Pushed pushed
        ? $"{entry.Sequence} {pushed.Message} {pushed.FirstLsn} {string.Join(' ', pushed.Judgements.ToArray())}"
        : $"{entry.Sequence} {entry.Event switch
        {
            Registered registered => $"{registered.Client} {registered.Node}",
            Seen seen => string.Join(' ', seen.Contacts),
            var other => $"{other}",
        }}";
}
