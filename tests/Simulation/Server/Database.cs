using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Simulation;

/// <summary>What outlives the server's lives: journal, snapshots, keys; and the truth about it.</summary>
internal sealed record Database(
    IReadOnlyList<TenantId> Tenants,
    IReadOnlyList<Ledger> Ledgers,
    KeyedHash Hash,
    ZstdFrames Zstd,
    SimJournal Journal,
    SimSnapshots Snapshots);
