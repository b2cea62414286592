using HeliosSync.Domain;

namespace HeliosSync.Actors.Journal;

/// <summary>
/// An event of a tenant's journal is missing, or is not what was written. Nothing of it is served: requests that need it are answered
/// <see cref="ErrorCode.StorageUnavailable"/>, and whoever runs the server reads this message in the log.
/// </summary>
/// <param name="tenant">Whose journal.</param>
/// <param name="sequence">The event's number.</param>
/// <param name="what">What is wrong with it.</param>
/// <param name="cause">What told so.</param>
public sealed class JournalDamageException(TenantId tenant, long sequence, string what, Exception? cause = null)
    : Exception($"The journal of tenant {tenant} is damaged: event {sequence} {what.TrimEnd('.')}.", cause);
