using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary>
/// Registrations without a token (protocol 4.1): held in memory for 10 minutes, bounded in number and bytes, belonging to no tenant
/// until the first token with that client's id claims one. Thread-safe.
/// </summary>
/// <remarks>When full it refuses newcomers: to drop older ones would let anyone drop them all.</remarks>
internal sealed class HeldRegistrations(TimeProvider time)
{
    /// <summary>Bytes of metadata that are held, about.</summary>
    public const long BytesMax = 16L * 1_024 * 1_024;

    private const int EntryBytes = 256;

    private readonly Lock _gate = new();
    private readonly Dictionary<ClientId, LinkedListNode<Held>> _byClient = [];
    private readonly LinkedList<Held> _byAge = new();
    private long _bytes;

    /// <summary>How many are held now.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                DropExpired();
                return _byClient.Count;
            }
        }
    }

    /// <summary>Holds a registration, in place of an earlier one of that client; false where there is no room.</summary>
    public bool TryHold(Register register)
    {
        var held = new Held(register, BytesOf(register), time.GetUtcNow().AddSeconds(Limits.HeldRegistrationSeconds));
        lock (_gate)
        {
            DropExpired();
            var earlier = _byClient.GetValueOrDefault(register.Client);
            var bytes = _bytes + held.Bytes - (earlier?.Value.Bytes ?? 0);
            if (bytes > BytesMax || (earlier is null && _byClient.Count >= Limits.HeldRegistrationsMax))
            {
                return false;
            }

            if (earlier is not null)
            {
                Remove(earlier);
            }

            _byClient.Add(register.Client, _byAge.AddLast(held));
            _bytes += held.Bytes;
            return true;
        }
    }

    /// <summary>
    /// What is held for this client, for that tenant from now on: another tenant with a client of the same name finds nothing.
    /// It stays until <see cref="Release"/>, so that requests that arrive while it is being claimed wait for the same claim.
    /// </summary>
    public Held? Claim(ClientId client, TenantId tenant)
    {
        lock (_gate)
        {
            DropExpired();
            if (!_byClient.TryGetValue(client, out var node) || (node.Value.ClaimedBy is { } by && by != tenant))
            {
                return null;
            }

            node.Value.ClaimedBy = tenant;
            return node.Value;
        }
    }

    /// <summary>The registration is durable, or needed no more.</summary>
    public void Release(Held held)
    {
        lock (_gate)
        {
            if (_byClient.TryGetValue(held.Register.Client, out var node) && ReferenceEquals(node.Value, held))
            {
                Remove(node);
            }
        }
    }

    private void DropExpired()
    {
        var now = time.GetUtcNow();
        while (_byAge.First is { } oldest && oldest.Value.Until <= now)
        {
            Remove(oldest);
        }
    }

    private void Remove(LinkedListNode<Held> node)
    {
        _byAge.Remove(node);
        _byClient.Remove(node.Value.Register.Client);
        _bytes -= node.Value.Bytes;
    }

    private static long BytesOf(Register register) =>
        EntryBytes + register.Metadata.Sum(static m => EntryBytes / 4 + sizeof(char) * ((long)m.Name.Length + m.Value.Length));

    /// <summary>One registration that is held.</summary>
    internal sealed class Held(Register register, long bytes, DateTimeOffset until)
    {
        /// <summary>
        /// What becomes of it when it is claimed: only the metadata is taken over. Whether it named a position is asked for where the
        /// journal was restored from a backup.
        /// </summary>
        public Register Register { get; } = new(
            register.Client, NodeId.Of(register.Client), 0, null, VectorClock.Empty, null, register.Metadata, OnlyIfAbsent: true)
        {
            StoodSomewhere = register.LastKnownLsn > 0,
        };

        public long Bytes { get; } = bytes;

        public DateTimeOffset Until { get; } = until;

        public TenantId? ClaimedBy { get; set; }
    }
}
