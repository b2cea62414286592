using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>How keys and data are given.</summary>
/// <param name="Base64">As base64 strings instead of arrays of integers (protocol 4.2, <c>encoding</c>).</param>
/// <param name="AcceptCompressed">Data that is stored compressed goes out as it is.</param>
internal readonly record struct ChangeForm(bool Base64, bool AcceptCompressed);

/// <summary>Writes the changes of one answer (protocol 5.1, 5.3); rents what it needs until it is disposed.</summary>
internal sealed class ChangeWriter(Utf8JsonWriter json, ZstdFrames zstd, Guid serverNode, ChangeForm form) : IDisposable
{
    /// <summary>Bytes of everything in a change but its names, key, data and the clock's entries of others.</summary>
    private const int FixedBytesMax = 512;

    private const int ClockEntryBytesMax = Limits.NodeCharsMax + RawJson.NumberBytesMax + 4;

    private readonly byte[] _serverNode = System.Text.Encoding.ASCII.GetBytes(serverNode.ToString("D"));
    private byte[] _text = [];
    private byte[] _plain = [];

    /// <summary>Writes a change as an object, behind a property's name or as an element of an array.</summary>
    public void Write(in StoredChange change, bool withData = true)
    {
        var sentCompressed = change.Compressed && form.AcceptCompressed;
        var data = !withData ? default : change.Compressed && !sentCompressed ? Unwrap(in change) : change.Data.Span;
        var text = new RawJson(Room(ref _text, BytesMax(in change, data.Length)));
        text.Add("{\"lsn\":"u8);
        if (change.Lsn > 0)
        {
            text.Add(change.Lsn);
        }
        else
        {
            text.Add("null"u8);
        }

        text.Add(",\"table\":\""u8);
        text.AddStoredName(change.Table.Span);
        text.Add("\",\"operation\":\""u8);
        text.Add(NameOf(change.Operation));
        text.Add("\",\"key\":"u8);
        Add(ref text, change.Key.Span);
        if (withData)
        {
            text.Add(",\"data\":"u8);
            Add(ref text, data);
        }
        else
        {
            text.Add(",\"data_omitted\":true"u8);
        }

        AddClock(ref text, in change);
        text.Add(",\"timestamp\":\""u8);
        text.Advance(Rfc3339.Format(change.TimestampMicros, text.Rest));
        text.Add("\",\"checksum\":"u8);
        text.Add(change.Checksum);
        text.Add(sentCompressed ? ",\"compressed\":true,\"author\":\""u8 : ",\"compressed\":false,\"author\":\""u8);
        text.AddStoredName(change.Author.Span);
        text.Add("\",\"author_lsn\":"u8);
        text.Add(change.AuthorLsn);
        text.Add("}"u8);
        json.WriteRawValue(text.Written, skipInputValidation: true);
    }

    /// <summary>A key as the answer's form asks (protocol 4.2).</summary>
    public void WriteKey(ReadOnlySpan<byte> key)
    {
        var text = new RawJson(Room(ref _text, IntegerArrayWriter.BytesMax(key.Length)));
        Add(ref text, key);
        json.WritePropertyName("key"u8);
        json.WriteRawValue(text.Written, skipInputValidation: true);
    }

    public void Dispose()
    {
        Release(ref _text);
        Release(ref _plain);
    }

    private static int BytesMax(in StoredChange change, int dataBytes) => checked(
        FixedBytesMax + change.Table.Length + (2 * change.Author.Length) + (change.Others.Count * ClockEntryBytesMax)
        + IntegerArrayWriter.BytesMax(change.Key.Length) + IntegerArrayWriter.BytesMax(dataBytes));

    /// <summary>Bytes as the answer's form asks; as base64 they are shorter.</summary>
    private void Add(ref RawJson text, scoped ReadOnlySpan<byte> bytes)
    {
        if (!form.Base64)
        {
            text.Advance(IntegerArrayWriter.Write(bytes, text.Rest));
            return;
        }

        text.Add("\""u8);
        Base64.EncodeToUtf8(bytes, text.Rest, out _, out var written);
        text.Advance(written);
        text.Add("\""u8);
    }

    /// <summary>
    /// The clock of a pulled change: the server's entry, its author's, and what it told of others (protocol 5.3); of one that was refused,
    /// and so has no LSN, what it came with.
    /// </summary>
    private void AddClock(ref RawJson text, scoped in StoredChange change)
    {
        text.Add(",\"vector_clock\":{"u8);
        var first = true;
        if (change.Lsn > 0)
        {
            text.Add("\""u8);
            text.Add(_serverNode);
            text.Add("\":"u8);
            text.Add(change.Lsn);
            first = false;
        }

        if (change.Counter > 0)
        {
            text.Add(",\""u8);
            text.AddStoredName(change.Author.Span);
            text.Add("\":"u8);
            text.Add(change.Counter);
        }

        foreach (ref readonly var entry in change.Others.Entries)
        {
            text.Add(first ? "\""u8 : ",\""u8);
            first = false;
            text.Add(entry.Node);
            text.Add("\":"u8);
            text.Add(entry.Counter);
        }

        text.Add("}"u8);
    }

    private ReadOnlySpan<byte> Unwrap(in StoredChange change)
    {
        var plain = Room(ref _plain, change.DataBytes)[..change.DataBytes];
        return zstd.TryUnwrap(change.Data.Span, plain, out var written) && written == change.DataBytes
            ? plain
            : throw BytesReader.Corrupt($"the compressed data of LSN {change.Lsn} cannot be decompressed");
    }

    private static ReadOnlySpan<byte> NameOf(Operation operation) => operation switch
    {
        Operation.Insert => "Insert"u8,
        Operation.Update => "Update"u8,
        _ => "Delete"u8,
    };

    private static Span<byte> Room(ref byte[] rented, int bytes)
    {
        if (rented.Length < bytes)
        {
            Release(ref rented);
            rented = ArrayPool<byte>.Shared.Rent(bytes);
        }

        return rented;
    }

    private static void Release(ref byte[] rented)
    {
        if (rented.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(rented);
            rented = [];
        }
    }
}
