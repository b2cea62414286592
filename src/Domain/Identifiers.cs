using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace HeliosSync.Domain;

/// <summary>A tenant's id: 1 to 128 characters of <c>A-Z a-z 0-9 . _ : -</c> (protocol 1). Never used as a path.</summary>
public readonly record struct TenantId
{
    private TenantId(string value) => Value = value;

    /// <summary>The id as text.</summary>
    public string Value { get; }

    /// <summary>The only way to a <see cref="TenantId"/>: false where the text breaks the alphabet or the length.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out TenantId id)
    {
        var good = Alphabets.IsClientId(text);
        id = good ? new TenantId(text!) : default;
        return good;
    }

    /// <inheritdoc/>
    public override string ToString() => Value;
}

/// <summary>A replica's id: 1 to 128 characters of <c>A-Z a-z 0-9 . _ : -</c>, but not <c>clocks</c> (protocol 1).</summary>
public readonly record struct ClientId
{
    private ClientId(string value) => Value = value;

    /// <summary>The id as text.</summary>
    public string Value { get; }

    /// <summary>The only way to a <see cref="ClientId"/>: false where the text breaks the alphabet or the length.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out ClientId id)
    {
        var good = Alphabets.IsClientId(text) && text != NodeId.ReservedName;
        id = good ? new ClientId(text!) : default;
        return good;
    }

    /// <summary>The client that a node is a life of: its name up to the <c>#</c>.</summary>
    internal static ClientId Of(NodeId node)
    {
        var hash = node.Value.IndexOf('#', StringComparison.Ordinal);
        return new ClientId(hash < 0 ? node.Value : node.Value[..hash]);
    }

    /// <inheritdoc/>
    public override string ToString() => Value;
}

/// <summary>One life of a client: <c>client_id</c> or <c>client_id#suffix</c>; also the server node, a UUID. A clock's key.</summary>
public readonly record struct NodeId : IComparable<NodeId>
{
    /// <summary>The name that no client or node may bear: the protocol uses it inside clocks (protocol 5.1).</summary>
    public const string ReservedName = "clocks";

    private NodeId(string value) => Value = value;

    /// <summary>The node as text.</summary>
    public string Value { get; }

    /// <summary>The node of a client that never lost its state.</summary>
    public static NodeId Of(ClientId client) => new(client.Value);

    /// <summary>Whose life this is.</summary>
    public ClientId Client => ClientId.Of(this);

    /// <summary>A journal's own node.</summary>
    public static NodeId OfServer(Guid node) => new(node.ToString("D"));

    /// <summary>The only way from text: false where it breaks the alphabet or the lengths, or is reserved.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out NodeId id)
    {
        var good = Alphabets.IsNode(text);
        id = good ? new NodeId(text!) : default;
        return good;
    }

    /// <summary>Whether this node is a life of that client; so a node stays its client's for ever.</summary>
    public bool IsOf(ClientId client)
    {
        var name = client.Value;
        return Value == name
            || (Value.Length > name.Length && Value[name.Length] == '#' && Value.StartsWith(name, StringComparison.Ordinal));
    }

    /// <summary>By bytes, so that every machine sorts alike.</summary>
    public int CompareTo(NodeId other) => string.CompareOrdinal(Value, other.Value);

    /// <summary>By bytes.</summary>
    public static bool operator <(NodeId left, NodeId right) => left.CompareTo(right) < 0;

    /// <summary>By bytes.</summary>
    public static bool operator >(NodeId left, NodeId right) => left.CompareTo(right) > 0;

    /// <summary>By bytes.</summary>
    public static bool operator <=(NodeId left, NodeId right) => left.CompareTo(right) <= 0;

    /// <summary>By bytes.</summary>
    public static bool operator >=(NodeId left, NodeId right) => left.CompareTo(right) >= 0;

    /// <inheritdoc/>
    public override string ToString() => Value;
}

/// <summary>The alphabets of names (protocol 1 and 5.1).</summary>
public static class Alphabets
{
    private const string Alphanumerics = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    private static readonly SearchValues<char> IdChars = SearchValues.Create(Alphanumerics + "._:-");

    private static readonly SearchValues<char> TableChars = SearchValues.Create(Alphanumerics + "_.:$-");

    private static readonly SearchValues<byte> NameBytes =
        SearchValues.Create([.. (Alphanumerics + "._:-$#").Select(static c => (byte)c)]);

    /// <summary>Whether the bytes are made of characters that names of tables and nodes have, none of which JSON would escape.</summary>
    public static bool AreOfNames(ReadOnlySpan<byte> text) => !text.ContainsAnyExcept(NameBytes);

    /// <summary>Whether the text may be a tenant id or client id.</summary>
    public static bool IsClientId([NotNullWhen(true)] string? text) => text is not null && IsId(text, Limits.ClientIdCharsMax);

    /// <summary>Whether the text may be a table's name.</summary>
    public static bool IsTable([NotNullWhen(true)] string? text) =>
        text is { Length: > 0 and <= Limits.TableCharsMax } && !text.AsSpan().ContainsAnyExcept(TableChars);

    /// <summary>Whether the text may be a node.</summary>
    public static bool IsNode([NotNullWhen(true)] string? text)
    {
        if (text is null || text == NodeId.ReservedName)
        {
            return false;
        }

        var hash = text.IndexOf('#', StringComparison.Ordinal);
        return hash < 0
            ? IsId(text, Limits.ClientIdCharsMax)
            : IsId(text.AsSpan(0, hash), Limits.ClientIdCharsMax) && IsId(text.AsSpan(hash + 1), Limits.NodeSuffixCharsMax);
    }

    private static bool IsId(ReadOnlySpan<char> text, int charsMax) =>
        text.Length > 0 && text.Length <= charsMax && !text.ContainsAnyExcept(IdChars);
}
