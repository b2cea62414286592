namespace HeliosSync.Codec;

/// <summary>What an administrator asks of compaction.</summary>
/// <param name="DryRun">Whether it is only to be said what would go. It must be said: old versions do not come back.</param>
public sealed record CompactRequest(bool DryRun);

/// <summary>Reads the body of <c>POST /compact</c> (docs/protocol.md 6.8).</summary>
public sealed class CompactReader : MessageReader<CompactRequest>
{
    private protected override MessageParser<CompactRequest> Begin() => new CompactParser();
}
