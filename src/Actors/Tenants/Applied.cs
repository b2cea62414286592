using HeliosSync.Actors.Journal;

namespace HeliosSync.Actors.Tenants;

/// <summary>An event that is part of a tenant's state but not yet durable.</summary>
/// <param name="Event">What is to be written.</param>
/// <param name="Sequence">The number that it has to get.</param>
/// <param name="HeadBefore">The head before it.</param>
/// <param name="HeadAfter">The head with it.</param>
/// <param name="Cut">The state with it, where a snapshot was due.</param>
internal sealed record Applied(JournalEvent Event, long Sequence, long HeadBefore, long HeadAfter, StoredSnapshot? Cut);
