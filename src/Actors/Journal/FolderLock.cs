using System.Buffers.Binary;
using System.IO.Hashing;

namespace HeliosSync.Actors.Journal;

/// <summary>
/// The right to use a data folder: its lock file, held for as long as the server runs. The file also remembers how far the journal had
/// come, so that a journal that is gone, or has lost its end, is noticed at the next start: nothing inside the database can tell that.
/// </summary>
internal sealed class FolderLock : IDisposable
{
    /// <summary>The file's name.</summary>
    public const string Name = "heliossync.lock";

    private const int MarkBytes = 8 + 8 + 4;

    private readonly FileStream _file;
    private readonly Lock _gate = new();
    private FolderMark _written;

    private FolderLock(FileStream file)
    {
        _file = file;
        _written = Read();
    }

    /// <summary>What was remembered last; events 0 where nothing was.</summary>
    public FolderMark Mark => _written;

    /// <summary>Takes the folder, which is made where it is missing; <see cref="StartupException"/> says why it cannot be had.</summary>
    public static FolderLock Take(string dataDir)
    {
        var path = Path.Combine(dataDir, Name);
        try
        {
            Directory.CreateDirectory(dataDir);
            return new FolderLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0));
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StartupException($"The data folder '{dataDir}' cannot be written: {e.Message}", e);
        }
        catch (IOException e) when (File.Exists(path))
        {
            throw new StartupException($"The data folder '{dataDir}' is in use by another server: {e.Message}", e);
        }
        catch (IOException e)
        {
            throw new StartupException($"The data folder '{dataDir}' cannot be made: {e.Message}", e);
        }
    }

    /// <summary>The folder, where it has a lock file and no server uses it; else null.</summary>
    public static FolderLock? TryTake(string dataDir)
    {
        try
        {
            return new FolderLock(new FileStream(
                Path.Combine(dataDir, Name), FileMode.Open, FileAccess.ReadWrite, FileShare.None, bufferSize: 0));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Another journal is about to take this one's place, which may have fewer events. On the disk when this returns.</summary>
    public void Reset(FolderMark mark)
    {
        lock (_gate)
        {
            Write(mark);
            _file.Flush(flushToDisk: true);
        }
    }

    /// <summary>
    /// Remembers how far the journal has come: what is durable by now, so that it may be less than there is, never more. Not flushed, and
    /// a failure is of no account: an older mark holds too.
    /// </summary>
    public void Remember(FolderMark mark)
    {
        lock (_gate)
        {
            if (mark.Database == _written.Database && mark.Events <= _written.Events)
            {
                // A journal that became shorter is what the mark is for.
                return;
            }

            try
            {
                Write(mark);
            }
            catch (IOException)
            {
                // The disk may be full.
            }
        }
    }

    public void Dispose() => _file.Dispose();

    private void Write(FolderMark mark)
    {
        Span<byte> bytes = stackalloc byte[MarkBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, mark.Database);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], mark.Events);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[16..], Crc32.HashToUInt32(bytes[..16]));
        RandomAccess.Write(_file.SafeFileHandle, bytes, fileOffset: 0);
        _written = mark;
    }

    private FolderMark Read()
    {
        Span<byte> bytes = stackalloc byte[MarkBytes];
        return RandomAccess.Read(_file.SafeFileHandle, bytes, fileOffset: 0) == MarkBytes
            && BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]) == Crc32.HashToUInt32(bytes[..16])
            ? new FolderMark(BinaryPrimitives.ReadUInt64LittleEndian(bytes), BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]))
            : default;
    }
}

/// <summary>How far a journal had come.</summary>
/// <param name="Database">Which journal: the fingerprint of its hash key.</param>
/// <param name="Events">How many events it had, over all tenants.</param>
internal readonly record struct FolderMark(ulong Database, long Events);
