using System.Diagnostics;

namespace HeliosSync.Codec;

/// <summary>Reads the body that asks for a compaction (docs/protocol.md 6.8).</summary>
internal sealed class CompactParser() : MessageParser<CompactRequest>(Fields, "")
{
    private const int DryRun = 0;

    private static readonly FieldSet Fields = new(["dry_run"], []);

    private bool _dryRun;

    /// <inheritdoc/>
    public override CompactRequest Take() => new(_dryRun);

    /// <inheritdoc/>
    protected override bool TakeField(int field, ref JsonCursor cursor) => field switch
    {
        DryRun => cursor.TakeBoolean("dry_run", out _dryRun),
        _ => throw new UnreachableException(),
    };
}
