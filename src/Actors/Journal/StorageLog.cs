using Microsoft.Extensions.Logging;

namespace HeliosSync.Actors.Journal;

/// <summary>What is logged of the storage, beside what the tenants say of theirs.</summary>
internal static partial class StorageLog
{
    /// <summary>A request could not be answered from the journal.</summary>
    [LoggerMessage(EventId = 20, Level = LogLevel.Error, Message = "The journal cannot be read tenant={Tenant} why={Why}")]
    public static partial void Unreadable(ILogger logger, string tenant, string why);

    /// <summary>A tenant's journal was compacted without being asked.</summary>
    [LoggerMessage(
        EventId = 22,
        Level = LogLevel.Information,
        Message = "Compacted tenant={Tenant} horizon={Horizon} removed={Removed} of={Changes} bytes={Bytes}")]
    public static partial void Compacted(ILogger logger, string tenant, long horizon, long removed, long changes, long bytes);

    /// <summary>A start found something that it could mend.</summary>
    [LoggerMessage(EventId = 21, Level = LogLevel.Warning, Message = "{Note}")]
    public static partial void Noted(ILogger logger, string note);
}
