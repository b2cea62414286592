using System.Buffers.Binary;
using System.Text;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>
/// The digest of a push (protocol 4.3): what "same content" under one message id means. It is made of the decoded changes in their order
/// and of <c>atomic</c>, each part with its length, so it knows nothing of formatting, order of fields, encoding or compression.
/// </summary>
internal struct PushDigest(KeyedHash hash)
{
    // Room for all of a change but a long key and a large clock, so that the hash is fed once for each change.
    private const int PieceBytes = 512;

    private SipHash _hash = hash.Begin128();
    private long _changes;

    /// <summary>Takes the next change of the batch.</summary>
    public void Add(in PushedChange change)
    {
        _changes++;
        var piece = new Piece(ref _hash, stackalloc byte[PieceBytes]);
        piece.Add(change.LocalLsn);
        piece.Add(change.Table);
        piece.Add((long)change.Operation);
        piece.Add(change.Key.Length);
        piece.Add(change.Key.Span);
        piece.Add(change.DataBytes);
        piece.Add((long)change.Content);
        piece.Add(change.Clock.Count);
        foreach (ref readonly var entry in change.Clock.Entries)
        {
            piece.Add(entry.Node.Value);
            piece.Add(entry.Counter);
        }

        piece.Add(change.BaseLsn);
        piece.Add(change.TimestampMicros);
        piece.Add(change.Checksum);
        piece.Flush();
    }

    /// <summary>The digest of all changes taken.</summary>
    /// <param name="atomic">The push's <c>atomic</c>.</param>
    /// <param name="settles">Id of the conflict that it is there to settle; 0 where it is an ordinary push.</param>
    public Hash128 Finish(bool atomic, long settles = 0)
    {
        _hash.Append(_changes);
        _hash.Append(atomic ? 1 : 0);
        if (settles > 0)
        {
            _hash.Append(settles);
        }

        return _hash.Finish128();
    }

    /// <summary>Collects what is to be hashed: the hash costs least where it is fed few long pieces.</summary>
    private ref struct Piece(ref SipHash hash, Span<byte> buffer)
    {
        private readonly ref SipHash _hash = ref hash;
        private readonly Span<byte> _buffer = buffer;
        private int _length;

        public void Add(long number) => BinaryPrimitives.WriteInt64LittleEndian(Room(sizeof(long)), number);

        public void Add(ReadOnlySpan<byte> bytes)
        {
            if (bytes.Length > _buffer.Length)
            {
                Flush();
                _hash.Append(bytes);
                return;
            }

            bytes.CopyTo(Room(bytes.Length));
        }

        /// <summary>Adds a name, all of which are ASCII (protocol 1), behind its length.</summary>
        public void Add(string name)
        {
            Add(name.Length);
            Ascii.FromUtf16(name, Room(name.Length), out _);
        }

        public void Flush()
        {
            _hash.Append(_buffer[.._length]);
            _length = 0;
        }

        private Span<byte> Room(int bytes)
        {
            if (_buffer.Length - _length < bytes)
            {
                Flush();
            }

            _length += bytes;
            return _buffer.Slice(_length - bytes, bytes);
        }
    }
}
