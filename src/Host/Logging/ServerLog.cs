namespace HeliosSync.Host;

/// <summary>What is logged of the server's own life.</summary>
internal static partial class ServerLog
{
    /// <summary>It takes connections.</summary>
    [LoggerMessage(EventId = 10, Level = LogLevel.Information,
        Message = "Started version={Version} address={Address} data_dir={DataDir} node={Node} environment={Environment}")]
    public static partial void Started(
        ILogger logger, string version, string address, string dataDir, string node, string environment);

    /// <summary>It is no longer ready, and finishes what is in hand.</summary>
    [LoggerMessage(EventId = 11, Level = LogLevel.Information, Message = "Stopping")]
    public static partial void Stopping(ILogger logger);

    /// <summary>Everything is written and closed.</summary>
    [LoggerMessage(EventId = 12, Level = LogLevel.Information, Message = "Stopped")]
    public static partial void Stopped(ILogger logger);

    /// <summary>It was told to acknowledge before it flushes.</summary>
    [LoggerMessage(EventId = 14, Level = LogLevel.Warning,
        Message = "HeliosSync:UnsafeSynchronousOff is on: a power cut loses changes that were acknowledged")]
    public static partial void UnsafeSynchronousOff(ILogger logger);

    /// <summary>Nothing can be served any more.</summary>
    [LoggerMessage(EventId = 13, Level = LogLevel.Critical, Message = "The actor system ended by itself, the program ends with it")]
    public static partial void Ended(ILogger logger);
}
