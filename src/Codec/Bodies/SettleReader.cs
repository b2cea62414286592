using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>Reads the body of one <c>POST /conflicts/{id}/resolve</c> (protocol 4.7), as <see cref="PushReader"/> reads a push.</summary>
/// <param name="hash">The database's hashes.</param>
/// <param name="zstd">Decompression of entries.</param>
/// <param name="conflict">The conflict's id.</param>
/// <param name="caller">Who calls.</param>
/// <param name="newMessage">A message id for a word that brings none.</param>
public sealed class SettleReader(KeyedHash hash, ZstdFrames zstd, long conflict, ClientId caller, Guid newMessage)
    : MessageReader<PushBatch>
{
    private protected override MessageParser<PushBatch> Begin() =>
        new PushParser(hash, zstd, new Settlement(conflict, caller, newMessage));
}
