namespace HeliosSync.Codec;

/// <summary>
/// Reads the body of <c>POST /push</c> (protocol 4.3, 5.1, 5.2): decodes, decompresses, verifies every checksum and computes all hashes,
/// so that whoever judges the push only looks up and numbers. The batch is disposed by whoever gets it; after a refusal or an exception
/// nothing stays rented.
/// </summary>
public sealed class PushReader(KeyedHash hash, ZstdFrames zstd) : MessageReader<PushBatch>
{
    private protected override MessageParser<PushBatch> Begin() => new PushParser(hash, zstd);
}
