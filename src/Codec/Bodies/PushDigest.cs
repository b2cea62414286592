using System.Text;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>
/// The digest of a push (protocol 4.3): what "same content" under one message id means. It is made of the decoded changes in their order
/// and of <c>atomic</c>, each part with its length, so it knows nothing of formatting, order of fields, encoding or compression.
/// </summary>
internal struct PushDigest(KeyedHash hash)
{
    private SipHash _hash = hash.Begin128();
    private long _changes;

    /// <summary>Takes the next change of the batch.</summary>
    public void Add(in PushedChange change)
    {
        _changes++;
        _hash.Append(change.LocalLsn);
        Append(change.Table);
        _hash.Append((long)change.Operation);
        _hash.Append(change.Key.Length);
        _hash.Append(change.Key.Span);
        _hash.Append(change.DataBytes);
        _hash.Append((long)change.Content);
        _hash.Append(change.Clock.Count);
        foreach (var entry in change.Clock.Entries)
        {
            Append(entry.Node.Value);
            _hash.Append(entry.Counter);
        }

        _hash.Append(change.BaseLsn);
        _hash.Append(change.TimestampMicros);
        _hash.Append(change.Checksum);
    }

    /// <summary>The digest of all changes taken.</summary>
    public Hash128 Finish(bool atomic)
    {
        _hash.Append(_changes);
        _hash.Append(atomic ? 1 : 0);
        return _hash.Finish128();
    }

    /// <summary>Takes a name, all of which are ASCII (protocol 1).</summary>
    private void Append(string name)
    {
        Span<byte> bytes = stackalloc byte[Limits.NodeCharsMax];
        Ascii.FromUtf16(name, bytes, out var length);
        _hash.Append(length);
        _hash.Append(bytes[..length]);
    }
}
