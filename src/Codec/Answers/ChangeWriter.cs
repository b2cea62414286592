using System.Buffers;
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
    private readonly byte[] _serverNode = System.Text.Encoding.ASCII.GetBytes(serverNode.ToString("D"));
    private byte[] _text = [];
    private byte[] _plain = [];

    /// <summary>Writes a change as an object, behind a property's name or as an element of an array.</summary>
    public void Write(in StoredChange change, bool withData = true)
    {
        var sentCompressed = change.Compressed && form.AcceptCompressed;
        json.WriteStartObject();
        json.WriteNumber("lsn"u8, change.Lsn);
        json.WriteString("table"u8, change.Table.Span);
        json.WriteString("operation"u8, NameOf(change.Operation));
        WriteBytes("key"u8, change.Key.Span);
        if (withData)
        {
            WriteBytes("data"u8, change.Compressed && !sentCompressed ? Unwrap(in change) : change.Data.Span);
        }
        else
        {
            json.WriteBoolean("data_omitted"u8, true);
        }

        WriteClock(in change);
        WriteTimestamp(change.TimestampMicros);
        json.WriteNumber("checksum"u8, change.Checksum);
        json.WriteBoolean("compressed"u8, sentCompressed);
        json.WriteString("author"u8, change.Author.Span);
        json.WriteNumber("author_lsn"u8, change.AuthorLsn);
        json.WriteEndObject();
    }

    /// <summary>A key or data as the answer's form asks (protocol 4.2).</summary>
    public void WriteBytes(ReadOnlySpan<byte> name, ReadOnlySpan<byte> bytes)
    {
        if (form.Base64)
        {
            json.WriteBase64String(name, bytes);
            return;
        }

        var text = Room(ref _text, IntegerArrayWriter.BytesMax(bytes.Length));
        var length = IntegerArrayWriter.Write(bytes, text);
        json.WritePropertyName(name);
        json.WriteRawValue(text[..length], skipInputValidation: true);
    }

    public void Dispose()
    {
        Release(ref _text);
        Release(ref _plain);
    }

    /// <summary>The clock of a pulled change: the server's entry, its author's, and what it told of others (protocol 5.3).</summary>
    private void WriteClock(in StoredChange change)
    {
        json.WriteStartObject("vector_clock"u8);
        json.WriteNumber(_serverNode, change.Lsn);
        if (change.Counter > 0)
        {
            json.WriteNumber(change.Author.Span, change.Counter);
        }

        foreach (ref readonly var entry in change.Others.Entries)
        {
            json.WriteNumber(entry.Node.Value, entry.Counter);
        }

        json.WriteEndObject();
    }

    private void WriteTimestamp(long micros)
    {
        Span<byte> text = stackalloc byte[Rfc3339.TextBytesMax];
        json.WriteString("timestamp"u8, text[..Rfc3339.Format(micros, text)]);
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
