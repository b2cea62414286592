using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary>
/// How much a client and a tenant may ask for in a time (protocol 3, 429 <c>RATE_LIMITED</c>), and an address in vain. Where no limit is
/// set, nothing is counted. Answers say what is left by <c>RateLimit</c> and <c>RateLimit-Policy</c>
/// (draft-ietf-httpapi-ratelimit-headers-10), a refusal by <c>Retry-After</c>.
/// </summary>
internal sealed class RateLimits : IDisposable
{
    private const int BytesInToken = 1_024;

    /// <summary>Buckets are filled ten times a second, so tokens are there up to so much later than they are due.</summary>
    private static readonly TimeSpan FilledLate = TimeSpan.FromMilliseconds(150);

    private readonly RateLimit<ClientKey>? _clientRequests;
    private readonly RateLimit<TenantId>? _tenantRequests;
    private readonly RateLimit<ClientKey>? _clientChanges;
    private readonly RateLimit<TenantId>? _tenantChanges;
    private readonly RateLimit<ClientKey>? _clientBytes;
    private readonly RateLimit<TenantId>? _tenantBytes;
    private readonly RateLimit<UInt128>? _failures;
    private readonly string _policies;

    public RateLimits(Settings settings)
    {
        var (rates, bytesMax) = (settings.Rates, settings.RequestBytesMax);
        _clientRequests = Of<ClientKey>("client-requests", rates.ClientRequestsPerSecond, 1);
        _tenantRequests = Of<TenantId>("tenant-requests", rates.TenantRequestsPerSecond, 1);
        _clientChanges = Of<ClientKey>("client-changes", rates.ClientChangesPerSecond, Limits.BatchChangesMax);
        _tenantChanges = Of<TenantId>("tenant-changes", rates.TenantChangesPerSecond, Limits.BatchChangesMax);
        _clientBytes = Of<ClientKey>("client-kib", Tokens(rates.ClientBytesPerSecond), Tokens(bytesMax));
        _tenantBytes = Of<TenantId>("tenant-kib", Tokens(rates.TenantBytesPerSecond), Tokens(bytesMax));
        _failures = rates.AddressFailuresPerMinute == 0 ? null : new RateLimit<UInt128>(
            "address-failures", rates.AddressFailuresPerMinute, TimeSpan.FromMinutes(1), rates.AddressFailuresPerMinute);
        _policies = string.Join(", ", new[]
        {
            _clientRequests?.Policy, _tenantRequests?.Policy, _clientChanges?.Policy, _tenantChanges?.Policy, _clientBytes?.Policy,
            _tenantBytes?.Policy,
        }.OfType<string>());

        RateLimit<T>? Of<T>(string name, int perSecond, int least)
            where T : notnull => perSecond == 0 ? null : new RateLimit<T>(
                name,
                perSecond,
                TimeSpan.FromSeconds(1),
                (int)Math.Min(int.MaxValue, Math.Max((long)perSecond * rates.BurstSeconds, least)));
    }

    /// <summary>Counts a request whose token held.</summary>
    public Refusal? AdmitRequest(Exchange exchange)
    {
        if (_policies.Length == 0 || exchange.Caller is not { } caller)
        {
            return null;
        }

        var refusal = Take(exchange, _clientRequests, Key(caller), _tenantRequests, caller.Tenant, 1, "requests");
        var headers = exchange.Http.Response.Headers;
        headers["RateLimit-Policy"] = _policies;
        if (refusal is null && (_clientRequests ?? (object?)_tenantRequests) is not null)
        {
            headers["RateLimit"] = string.Join(
                ", ", new[] { _clientRequests?.Left(Key(caller)), _tenantRequests?.Left(caller.Tenant) }.OfType<string>());
        }

        return refusal;
    }

    /// <summary>Counts a push that was read, before it is judged.</summary>
    public Refusal? AdmitPush(Exchange exchange, Push push)
    {
        var caller = exchange.Caller!;
        return (_clientChanges ?? (object?)_tenantChanges) is null && (_clientBytes ?? (object?)_tenantBytes) is null
            ? null
            : Take(exchange, _clientChanges, Key(caller), _tenantChanges, caller.Tenant, push.Changes.Length, "changes")
            ?? Take(exchange, _clientBytes, Key(caller), _tenantBytes, caller.Tenant, Tokens(BytesOf(push)), "bytes");
    }

    /// <summary>Whether that address may still show a token that is not known, or come without one where that is allowed.</summary>
    public Refusal? AdmitStranger(HttpContext http) =>
        _failures is null || _failures.Has(KeyOf(http.Connection.RemoteIpAddress))
            ? null
            : Refuse(http, _failures.Name, TimeSpan.FromMinutes(1), "Too many requests without a token that holds came from this address.");

    /// <summary>A request without a token that holds came from there.</summary>
    public void NoteStranger(HttpContext http) => _failures?.TryTake(KeyOf(http.Connection.RemoteIpAddress), 1, out _);

    /// <inheritdoc/>
    public void Dispose()
    {
        _clientRequests?.Dispose();
        _tenantRequests?.Dispose();
        _clientChanges?.Dispose();
        _tenantChanges?.Dispose();
        _clientBytes?.Dispose();
        _tenantBytes?.Dispose();
        _failures?.Dispose();
    }

    private static ClientKey Key(Caller caller) => new(caller.Tenant, caller.Client);

    private static int Tokens(long bytes) => (int)Math.Min(int.MaxValue, (bytes + BytesInToken - 1) / BytesInToken);

    private static long BytesOf(Push push)
    {
        var bytes = 0L;
        foreach (ref readonly var change in push.Changes.Span)
        {
            bytes += change.Key.Length + change.Data.Length;
        }

        return bytes;
    }

    private static Refusal? Take(
        Exchange exchange,
        RateLimit<ClientKey>? ofClient,
        ClientKey client,
        RateLimit<TenantId>? ofTenant,
        TenantId tenant,
        int tokens,
        string what)
    {
        if (ofClient is not null && !ofClient.TryTake(client, tokens, out var wait))
        {
            return Refuse(exchange.Http, ofClient.Name, wait, $"The client has used up its {what} for now. Nothing was applied.");
        }

        return ofTenant is not null && !ofTenant.TryTake(tenant, tokens, out wait)
            ? Refuse(exchange.Http, ofTenant.Name, wait, $"The tenant has used up its {what} for now. Nothing was applied.")
            : null;
    }

    private static Refusal Refuse(HttpContext http, string limit, TimeSpan wait, string why)
    {
        var seconds = Math.Max(1, (long)Math.Ceiling((wait + FilledLate).TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        http.Response.Headers.RetryAfter = seconds;
        http.Response.Headers["RateLimit"] = $"\"{limit}\";r=0;t={seconds}";
        return new Refusal(ErrorCode.RateLimited, why, $"limit: {limit}");
    }

    /// <summary>An address of IPv4, or the network of one of IPv6: a household has as many addresses there as it likes.</summary>
    private static UInt128 KeyOf(IPAddress? address)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (address is null || !(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).TryWriteBytes(bytes, out var written))
        {
            return 0;
        }

        return written == sizeof(uint)
            ? BinaryPrimitives.ReadUInt32BigEndian(bytes)
            : BinaryPrimitives.ReadUInt128BigEndian(bytes) >> 64 << 64;
    }

    /// <summary>A client is one of its tenant, whatever its tokens allow.</summary>
    private readonly record struct ClientKey(TenantId Tenant, ClientId Client);
}
