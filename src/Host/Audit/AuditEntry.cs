using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary>What an entry of the audit log is about.</summary>
internal enum AuditKind
{
    /// <summary>The server takes connections.</summary>
    ServerStarted,

    /// <summary>The server ended in order. Where it is missing before the next start, it did not.</summary>
    ServerStopped,

    /// <summary>A client registered, with a token or by claiming what was held for it.</summary>
    Registered,

    /// <summary>A registration without a token is held (protocol 4.1).</summary>
    RegistrationHeld,

    /// <summary>A request had no token, or one that does not hold.</summary>
    AuthenticationFailed,

    /// <summary>A request was refused for another reason.</summary>
    Refused,

    /// <summary>An administrator's call: one that changes something is written before it is begun.</summary>
    AdminCall,

    /// <summary>A tenant's conflict policies were set or given up.</summary>
    PolicyChanged,

    /// <summary>A client was forgotten, by an administrator or for its silence.</summary>
    ClientForgotten,

    /// <summary>A tenant's journal was compacted, asked or not.</summary>
    Compacted,

    /// <summary>Entries of a conflict log went before their 90 days were over, for want of room (protocol 4.7).</summary>
    ConflictsPushedOut,

    /// <summary>Tokens were revoked, or a replay of a refresh token revoked its family.</summary>
    TokensRevoked,

    /// <summary>A signing key came, went, or took over.</summary>
    KeysChanged,

    /// <summary>A tenant's data were handed out whole.</summary>
    TenantExported,

    /// <summary>A tenant's data were erased.</summary>
    TenantErased,

    /// <summary>A backup was put in the journal's place.</summary>
    Restored,

    /// <summary>The first line of a file: how it is tied to the file before it.</summary>
    FileBegan,

    /// <summary>Old files go by the retention that is configured.</summary>
    FilesRemoved,

    /// <summary>A start found something that is not as it was left: half a line of a crash, or lines that are missing.</summary>
    Recovered,

    /// <summary>Entries that found no room, or no disk, since the line before.</summary>
    EntriesLost,
}

/// <summary>
/// One entry of the audit log. Never has a token, a secret, a key or data of a row: it names ids, counts, paths of endpoints and codes.
/// </summary>
/// <param name="Kind">What it is about.</param>
internal sealed record AuditEntry(AuditKind Kind)
{
    /// <summary>The tenant concerned; null where there is none.</summary>
    public TenantId? Tenant { get; init; }

    /// <summary>The client concerned.</summary>
    public ClientId? Client { get; init; }

    /// <summary>Who did it: the client of the token, <c>server</c>, or <c>command</c>.</summary>
    public string? By { get; init; }

    /// <summary>The address it came from.</summary>
    public string? Address { get; init; }

    /// <summary>The request's id, as its answer and the server's log have it.</summary>
    public string? RequestId { get; init; }

    /// <summary>The endpoint's method.</summary>
    public string? Method { get; init; }

    /// <summary>The endpoint's path, not what the client typed.</summary>
    public string? Path { get; init; }

    /// <summary>The error that was answered.</summary>
    public string? Code { get; init; }

    /// <summary>Why, in words of the server's own.</summary>
    public string? Reason { get; init; }

    /// <summary>How many of the kind the line stands for.</summary>
    public long Count { get; init; } = 1;

    /// <summary>Whether it stands for several that may differ in whatever it does not name.</summary>
    public bool IsMixed { get; init; }

    /// <summary>What else belongs to it: text, whole numbers, and yes or no.</summary>
    public IReadOnlyList<AuditDetail> Details { get; init; } = [];

    /// <summary>An entry about an exchange: who called, from where, and under which id.</summary>
    public static AuditEntry Of(AuditKind kind, Exchange exchange, params AuditDetail[] details) => new(kind)
    {
        Tenant = exchange.Caller?.Tenant,
        By = exchange.Caller?.Client.Value,
        Address = AuditAddress.Of(exchange.Http)?.ToString(),
        RequestId = exchange.RequestId,
        Method = exchange.Endpoint.Method,
        Path = exchange.Endpoint.Path,
        Details = details,
    };
}

/// <summary>A property of an entry beyond those that many have.</summary>
/// <param name="Name">Its name: lower case, with underscores.</param>
/// <param name="Value">A string, a long, an int or a bool; null is written as null.</param>
internal readonly record struct AuditDetail(string Name, object? Value);
