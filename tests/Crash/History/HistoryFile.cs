using System.Text.Json;

namespace HeliosSync.Crash.History;

/// <summary>
/// A history, kept in a file line by line as it happens, so that a driver that dies leaves the evidence; and in memory for the
/// checker. Thread-safe.
/// </summary>
internal sealed class HistoryFile(string path) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<Entry> _entries = [];
    private readonly FileStream _file = new(path, FileMode.Create, FileAccess.Write, FileShare.Read, 0);
    private long _calls;

    /// <summary>The file.</summary>
    public string Path => path;

    /// <summary>What a file holds.</summary>
    public static IEnumerable<Entry> Read(string path) => File.ReadLines(path).Select(static line =>
        JsonSerializer.Deserialize<Entry>(line) ?? throw new InvalidDataException("A line of the history is null."));

    /// <summary>A number for a question and its answer.</summary>
    public long NewCall() => Interlocked.Increment(ref _calls);

    /// <summary>Appends.</summary>
    public void Add(Entry entry)
    {
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(entry), (byte)'\n'];
        lock (_lock)
        {
            _file.Write(line);
            _entries.Add(entry);
        }
    }

    /// <summary>What was appended from some place on.</summary>
    public IReadOnlyList<Entry> From(int place)
    {
        lock (_lock)
        {
            return _entries.GetRange(place, _entries.Count - place);
        }
    }

    public void Dispose() => _file.Dispose();
}
