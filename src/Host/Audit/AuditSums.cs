using System.Net;
using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary>What makes entries the same, so that they are counted in one line.</summary>
internal readonly record struct AuditSum(
    AuditKind Kind, ErrorCode? Code, string? Reason, TenantId? Tenant, ClientId? Client, IPAddress? Address, string? Method, string? Path)
{
    /// <summary>What is left where there are too many different ones to keep apart.</summary>
    public AuditSum Mixed => new(Kind, Code, Reason, null, null, null, null, null);
}

/// <summary>
/// Counts entries that clients can make in any number: the first of a kind is a line at once, those that follow are one line a second with
/// their number. So a flood costs a few lines a second, whatever it consists of. Thread-safe.
/// </summary>
internal sealed class AuditSums(TimeProvider time)
{
    /// <summary>Kinds without a tenant that are kept apart at once: whoever has no token may send from many addresses.</summary>
    public const int StrangersMax = 64;

    /// <summary>Kinds that are kept apart at once.</summary>
    public const int KindsMax = 4_096;

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StrainedWindow = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<AuditSum, Counter> _counters = [];
    private readonly List<AuditSum> _idle = [];
    private int _strangers;
    private long _saidAt = time.GetTimestamp();

    /// <summary>Whether refusals are kept apart by their reason alone, and said once a minute: the day had its share of them.</summary>
    public bool IsStrained { get; set; }

    /// <summary>Counts one; gives the entry where it is the first of its kind, to be written at once.</summary>
    public AuditEntry? Count(in AuditSum sum, string? requestId, long count = 1)
    {
        lock (_gate)
        {
            var key = sum;
            if (!_counters.TryGetValue(key, out var counter) && !HasRoom(in key))
            {
                key = key.Mixed;
                _counters.TryGetValue(key, out counter);
            }

            if (counter is not null)
            {
                counter.Count += count;
                return null;
            }

            _counters.Add(key, new Counter());
            _strangers += key.Tenant is null ? 1 : 0;
            return EntryOf(in sum, requestId, count, isMixed: false);
        }
    }

    /// <summary>What was counted since, where it is time to say it; kinds of which there were none are forgotten.</summary>
    public List<AuditEntry> Take(bool all = false)
    {
        var entries = new List<AuditEntry>();
        lock (_gate)
        {
            if (!all && time.GetElapsedTime(_saidAt) < (IsStrained ? StrainedWindow : Window))
            {
                return entries;
            }

            _saidAt = time.GetTimestamp();
            foreach (var (sum, counter) in _counters)
            {
                if (counter.Count == 0)
                {
                    _idle.Add(sum);
                    continue;
                }

                entries.Add(EntryOf(in sum, null, counter.Count, sum == sum.Mixed));
                counter.Count = 0;
            }

            foreach (var sum in _idle)
            {
                _counters.Remove(sum);
                _strangers -= sum.Tenant is null ? 1 : 0;
            }

            _idle.Clear();
        }

        return entries;
    }

    private bool HasRoom(in AuditSum sum) =>
        sum == sum.Mixed
        || (_counters.Count < KindsMax
            && (sum.Tenant is null ? _strangers < StrangersMax && !IsStrained : !IsStrained || sum.Kind == AuditKind.Registered));

    private static AuditEntry EntryOf(in AuditSum sum, string? requestId, long count, bool isMixed) => new(sum.Kind)
    {
        Tenant = sum.Tenant,
        Client = sum.Client,
        Address = sum.Address?.ToString(),
        RequestId = requestId,
        Method = sum.Method,
        Path = sum.Path,
        Code = sum.Code is { } code ? ErrorCatalogue.Of(code).Name : null,
        Reason = sum.Reason,
        Count = count,
        IsMixed = isMixed,
    };

    private sealed class Counter
    {
        public long Count { get; set; }
    }
}
