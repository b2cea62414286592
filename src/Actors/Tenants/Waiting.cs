using System.Text;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Actors.Tenants;

/// <summary>Somebody who waits for a change that a pull would give. Made anew for every wait.</summary>
/// <param name="pull">What is wanted.</param>
/// <param name="after">Up to this LSN there is nothing more that is wanted.</param>
internal sealed class Waiter(Pull pull, long after)
{
    private volatile bool _gone;

    public Pull Pull => pull;

    /// <summary>Up to this LSN there is nothing that is wanted. Only the tenant moves it, as long as it keeps the waiter.</summary>
    public long After { get; set; } = after;

    /// <summary>The client's node, in UTF-8, when it began to wait.</summary>
    public byte[] Node { get; set; } = [];

    /// <summary>Nobody waits any more. Set from outside: the wait itself may still be on its way to the tenant.</summary>
    public bool IsGone => _gone;

    public void Leave() => _gone = true;
}

/// <summary>Answer when a change that this waiter wants is durable, once; at once where one may be.</summary>
internal sealed record AwaitChange(TenantId Tenant, Waiter Waiter) : ITenantMessage;

/// <summary>Whoever sends it waits no longer. Of no use to a tenant that is not in memory, so it starts none.</summary>
internal sealed class StopAwaiting : Akka.Actor.INotInfluenceReceiveTimeout
{
    private StopAwaiting()
    {
    }

    public static StopAwaiting Instance { get; } = new();
}

/// <summary>Answer to <see cref="AwaitChange"/>.</summary>
/// <param name="PassedLsn">Up to this LSN there is nothing that the waiter wants.</param>
/// <param name="HeadLsn">The durable head: above it nothing may be read yet.</param>
internal sealed record Moved(long PassedLsn, long HeadLsn);

/// <summary>
/// Those who wait for a tenant's durable head to move. A commit wakes whoever wants one of its changes, once; to the others it is one
/// comparison, after which nobody has to look for their changes below it.
/// </summary>
/// <param name="tell">Answers a waiter.</param>
internal sealed class Waiters<TCaller>(Action<TCaller, object> tell)
    where TCaller : notnull
{
    private readonly Dictionary<TCaller, Waiter> _waiting = [];

    /// <summary>Forgets those who are gone, and says whether anybody waits.</summary>
    public bool IsAny()
    {
        foreach (var (who, waiter) in _waiting)
        {
            if (waiter.IsGone)
            {
                _waiting.Remove(who);
            }
        }

        return _waiting.Count > 0;
    }

    /// <summary>What a waiter is answered at once; null where it is kept until <see cref="Tell"/>.</summary>
    public object? Keep(Waiter waiter, TCaller who, Tenant tenant, long head)
    {
        if (tenant.CheckClient(waiter.Pull.Client, waiter.Pull.ServerNode) is { } refusal)
        {
            return refusal;
        }

        if (head > waiter.After || waiter.IsGone)
        {
            return new Moved(waiter.After, head);
        }

        waiter.Node = Encoding.UTF8.GetBytes(tenant.StandingOf(waiter.Pull.Client).Node.Value);
        _waiting[who] = waiter;
        return null;
    }

    public void Remove(TCaller who) => _waiting.Remove(who);

    /// <summary>A push with changes up to that LSN is durable.</summary>
    public void Tell(ReadOnlyMemory<byte> pushed, long head)
    {
        if (_waiting.Count == 0)
        {
            return;
        }

        var view = new PushedView(pushed);
        List<ReadOnlyMemory<byte>>? tables = null;
        foreach (var (who, waiter) in _waiting)
        {
            var isOwn = waiter.Pull.ExcludeOwn && view.Author.Span.SequenceEqual(waiter.Node);
            if (waiter.IsGone)
            {
                _waiting.Remove(who);
            }
            else if (isOwn || (waiter.Pull.Tables is { } wanted && !Names(tables ??= TablesOf(view), wanted)))
            {
                waiter.After = head;
            }
            else
            {
                _waiting.Remove(who);
                tell(who, new Moved(waiter.After, head));
            }
        }
    }

    /// <summary>The tenant's time in memory ends: everybody is told so, or, without a word of it, to look again.</summary>
    public void End(Refusal? why)
    {
        foreach (var (who, waiter) in _waiting)
        {
            tell(who, why ?? (object)new Moved(waiter.After, waiter.After));
        }

        _waiting.Clear();
    }

    /// <summary>The tables of a push's accepted changes, each once.</summary>
    private static List<ReadOnlyMemory<byte>> TablesOf(PushedView view)
    {
        var tables = new List<ReadOnlyMemory<byte>>();
        foreach (var change in view.Accepted())
        {
            if (!tables.Exists(table => table.Span.SequenceEqual(change.Table.Span)))
            {
                tables.Add(change.Table);
            }
        }

        return tables;
    }

    private static bool Names(List<ReadOnlyMemory<byte>> tables, IReadOnlyList<string> wanted)
    {
        foreach (var table in tables)
        {
            for (var i = 0; i < wanted.Count; i++)
            {
                if (Ascii.Equals(table.Span, wanted[i]))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
