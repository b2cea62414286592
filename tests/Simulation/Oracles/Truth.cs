using HeliosSync.Domain;

namespace HeliosSync.Simulation;

/// <summary>A row: few of them, so that histories meet.</summary>
internal readonly record struct Row(string Table, byte Key)
{
    public override string ToString() => $"{Table}/{Key}";
}

/// <summary>A change as its author made it, and what its author truly knew.</summary>
internal sealed class Edit
{
    public required int Id { get; init; }

    public required string Node { get; init; }

    public required long LocalLsn { get; init; }

    public required Row Row { get; init; }

    public required Operation Operation { get; init; }

    public required byte[] Data { get; init; }

    /// <summary>The data as sent: a zstd frame where <see cref="Compressed"/>.</summary>
    public required byte[] Sent { get; init; }

    public required bool Compressed { get; init; }

    public required uint Checksum { get; init; }

    public required long TimestampMicros { get; init; }

    public required Clock Clock { get; init; }

    public required long BaseLsn { get; init; }

    /// <summary>The edits of this row that its author had seen, and that this one is to replace.</summary>
    public required Knowledge Knows { get; init; }

    /// <summary>Whether the server has said that it will never be applied.</summary>
    public bool Refused { get; set; }

    /// <summary>Its LSN, once it stands.</summary>
    public long Lsn { get; set; }

    public long KnownLsn(string serverNode) => Math.Max(BaseLsn, Clock[serverNode]);

    public override string ToString() =>
        $"{Node}/{LocalLsn} {Operation} {Row} {Convert.ToHexString(Data.AsSpan(0, Math.Min(4, Data.Length)))}";
}

/// <summary>All edits of a tenant.</summary>
internal sealed class Truth(int tenant)
{
    private readonly Dictionary<(string Node, long LocalLsn), Edit> _edits = [];

    /// <summary>The first byte of all data of this tenant, and of no other's.</summary>
    public byte Tag { get; } = (byte)(0xA0 + tenant);

    public int Count { get; private set; }

    public int NextId() => Count++;

    public void Add(Edit edit) => _edits[(edit.Node, edit.LocalLsn)] = edit;

    /// <summary>The journal is lost: what stood stands no more, and what was refused was refused by another journal.</summary>
    public void Forget()
    {
        foreach (var edit in _edits.Values)
        {
            (edit.Lsn, edit.Refused) = (0, false);
        }
    }

    public Edit? Find(string node, long localLsn) => _edits.GetValueOrDefault((node, localLsn));
}
