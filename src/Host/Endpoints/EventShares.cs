using System.Runtime.InteropServices;
using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary>
/// Counts the bytes of events that wait for readers to take them, within the bound on answers that wait: each event once, however many
/// streams are just sending it. Thread-safe.
/// </summary>
internal sealed class EventShares(AnswerBudget budget)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<byte[], Held> _held = new(ReferenceEqualityComparer.Instance);

    /// <summary>Events that are counted now.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _held.Count;
            }
        }
    }

    /// <summary>
    /// Holds an event until what it gives is disposed; null where there is no room. One that goes into the connection's own buffer at once,
    /// as nearly all do, is not counted, and gives itself.
    /// </summary>
    public Hold? TryHold(TenantId tenant, ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length <= Answers.UncountedBytesMax || !MemoryMarshal.TryGetArray(bytes, out var segment))
        {
            return default(Hold);
        }

        var array = segment.Array!;
        lock (_gate)
        {
            if (!_held.TryGetValue(array, out var held))
            {
#pragma warning disable CA2000 // The last to release it gives it back.
                _held.Add(array, held = new Held(budget.Bytes.Open(tenant)));
#pragma warning restore CA2000
            }

            held.Holders++;
            if (held.Share.TryCover(Math.Min(bytes.Length, budget.Bytes.RequestBytesCeiling)))
            {
                return new Hold(this, array);
            }
        }

        Release(array);
        return null;
    }

    private void Release(byte[] array)
    {
        lock (_gate)
        {
            var held = _held[array];
            if (--held.Holders == 0)
            {
                _held.Remove(array);
                held.Share.Dispose();
            }
        }
    }

    /// <summary>One stream's hold on an event.</summary>
    internal readonly struct Hold(EventShares shares, byte[] array) : IDisposable
    {
        public void Dispose() => shares?.Release(array);
    }

    private sealed class Held(ByteBudget.Share share)
    {
        public ByteBudget.Share Share => share;

        public int Holders { get; set; }
    }
}
