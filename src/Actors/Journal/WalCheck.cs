using System.Buffers.Binary;

namespace HeliosSync.Actors.Journal;

/// <summary>
/// Looks at a write-ahead log before SQLite does. SQLite takes it up to the first frame that does not hold and silently drops the rest,
/// since a power cut leaves such a frame behind. But a power cut leaves at most one transaction in pieces: each is flushed before the next
/// begins. Where whole transactions follow a broken frame, flushed and acknowledged ones would be dropped: the file is damaged.
/// The layout is that of https://sqlite.org/fileformat2.html, section 4.
/// </summary>
internal static class WalCheck
{
    private const int HeaderBytes = 32;
    private const int FrameHeaderBytes = 24;
    private const uint Magic = 0x377f0682;
    private const int PageBytesMax = 65_536;

    /// <summary>What is wrong with that file, which may be missing; null where nothing is.</summary>
    public static string? Find(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        using var file = File.OpenRead(path);
        Span<byte> header = stackalloc byte[HeaderBytes];
        if (file.ReadAtLeast(header, HeaderBytes, throwOnEndOfStream: false) < HeaderBytes || file.Length == HeaderBytes
            || !header.ContainsAnyExcept((byte)0))
        {
            return null;
        }

        var magic = Word(header, 0);
        var sum = new RunningSum(bigEndian: (magic & 1) == 1);
        sum.Add(header[..24]);
        var pageBytes = (int)Word(header, 8);
        return (magic & ~1u) != Magic || !sum.Is(Word(header, 24), Word(header, 28)) || pageBytes is < 512 or > PageBytesMax
            ? "its header is damaged"
            : FindFrame(file, header[16..24].ToArray(), pageBytes, sum);
    }

    private static string? FindFrame(FileStream file, byte[] salts, int pageBytes, RunningSum sum)
    {
        var frame = new byte[FrameHeaderBytes + pageBytes];
        var (broken, endedAfter) = (0L, false);
        for (var n = 1L; file.ReadAtLeast(frame, frame.Length, throwOnEndOfStream: false) == frame.Length; n++)
        {
            var ofThisLog = frame.AsSpan(8, 8).SequenceEqual(salts);
            if (broken == 0)
            {
                sum.Add(frame.AsSpan(0, 8));
                sum.Add(frame.AsSpan(FrameHeaderBytes));
                broken = ofThisLog && Word(frame, 0) > 0 && sum.Is(Word(frame, 16), Word(frame, 20)) ? 0 : n;
            }

            var commits = broken > 0 && (ofThisLog || broken == n) && Word(frame, 4) > 0;
            if (commits && endedAfter)
            {
                return $"frame {broken} is damaged, and whole transactions follow it";
            }

            endedAfter |= commits;
        }

        return null;
    }

    private static uint Word(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);

    /// <summary>SQLite's checksum, which runs on from frame to frame.</summary>
    private struct RunningSum(bool bigEndian)
    {
        private uint _s0;
        private uint _s1;

        public void Add(ReadOnlySpan<byte> bytes)
        {
            for (var at = 0; at < bytes.Length; at += 8)
            {
                _s0 += Next(bytes, at) + _s1;
                _s1 += Next(bytes, at + 4) + _s0;
            }
        }

        public readonly bool Is(uint s0, uint s1) => (_s0, _s1) == (s0, s1);

        private readonly uint Next(ReadOnlySpan<byte> bytes, int at) => bigEndian
            ? BinaryPrimitives.ReadUInt32BigEndian(bytes[at..])
            : BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
    }
}
