namespace HeliosSync.Host;

/// <summary>
/// What each tenant and client may ask for in a time (<c>HeliosSync:Rates</c>). 0, as all are by default: no limit. A bucket of tokens
/// each: <see cref="BurstSeconds"/> times what is given for a second may come at once.
/// </summary>
public sealed record RateOptions
{
    /// <summary>Requests a second of one client, of every kind that needs a token; beyond: 429.</summary>
    public int ClientRequestsPerSecond { get; set; }

    /// <summary>Requests a second of one tenant.</summary>
    public int TenantRequestsPerSecond { get; set; }

    /// <summary>Changes a second that one client may push. A push of 1,000 always fits into a full bucket.</summary>
    public int ClientChangesPerSecond { get; set; }

    /// <summary>Changes a second that one tenant's clients may push.</summary>
    public int TenantChangesPerSecond { get; set; }

    /// <summary>Bytes of keys and data a second that one client may push, decompressed as a body but not as entries.</summary>
    public long ClientBytesPerSecond { get; set; }

    /// <summary>Bytes of keys and data a second that one tenant's clients may push.</summary>
    public long TenantBytesPerSecond { get; set; }

    /// <summary>Seconds for which a client or tenant that was silent may go without pauses. 1 to 3,600.</summary>
    public int BurstSeconds { get; set; } = 10;

    /// <summary>
    /// Requests a minute that one address (of IPv6 one network of 64 bits) may send with tokens that do not hold, or, where that is
    /// allowed, without one. Beyond, tokens from there that are not known yet are refused unjudged. Behind a proxy that is not trusted
    /// all come from its address.
    /// </summary>
    public int AddressFailuresPerMinute { get; set; }

    /// <summary>What is wrong with them; a sentence each.</summary>
    internal IEnumerable<string> Problems()
    {
        const long Most = 1_000_000_000;
        (string Name, long Value, long Least, long Most)[] all =
        [
            (nameof(ClientRequestsPerSecond), ClientRequestsPerSecond, 0, Most),
            (nameof(TenantRequestsPerSecond), TenantRequestsPerSecond, 0, Most),
            (nameof(ClientChangesPerSecond), ClientChangesPerSecond, 0, Most),
            (nameof(TenantChangesPerSecond), TenantChangesPerSecond, 0, Most),
            (nameof(ClientBytesPerSecond), ClientBytesPerSecond, 0, Most * 1_024),
            (nameof(TenantBytesPerSecond), TenantBytesPerSecond, 0, Most * 1_024),
            (nameof(BurstSeconds), BurstSeconds, 1, 3_600),
            (nameof(AddressFailuresPerMinute), AddressFailuresPerMinute, 0, Most),
        ];
        return all.Where(static o => o.Value < o.Least || o.Value > o.Most).Select(static o =>
            $"{HeliosSyncOptions.Section}:{nameof(HeliosSyncOptions.Rates)}:{o.Name} is {o.Value}; it takes {o.Least} to {o.Most}.");
    }
}
