namespace HeliosSync.Host;

/// <summary>What is logged of requests: never a token, a body or an address of a row.</summary>
internal static partial class RequestLog
{
    /// <summary>One answered request; the path is the endpoint's own, not what the client typed.</summary>
    [LoggerMessage(
        EventId = 1,
        Message = "Request answered method={Method} path={Path} status={Status} code={Code} ms={Ms} tenant={Tenant} client={Client} "
            + "request_id={RequestId} reason={Reason}")]
    public static partial void Answered(
        ILogger logger,
        LogLevel level,
        string method,
        string path,
        int status,
        string? code,
        double ms,
        string? tenant,
        string? client,
        string requestId,
        string? reason);

    /// <summary>A bug: the client gets 500 without detail, and the request id leads here.</summary>
    [LoggerMessage(EventId = 2, Level = LogLevel.Error, Message = "Request failed path={Path} request_id={RequestId}")]
    public static partial void Failed(ILogger logger, Exception exception, string path, string requestId);

    /// <summary>Requests turned away for want of room, since this was last said.</summary>
    [LoggerMessage(
        EventId = 4,
        Level = LogLevel.Warning,
        Message = "Requests turned away overloaded={Overloaded} rate_limited={RateLimited}")]
    public static partial void Shed(ILogger logger, long overloaded, long rateLimited);

    /// <summary>An administrator had a client forgotten, and who that was.</summary>
    [LoggerMessage(
        EventId = 5,
        Level = LogLevel.Information,
        Message = "Client forgotten tenant={Tenant} client={Client} by={By} request_id={RequestId}")]
    public static partial void Forgot(ILogger logger, string tenant, string client, string by, string requestId);

    /// <summary>An administrator had a journal compacted, and who that was.</summary>
    [LoggerMessage(
        EventId = 6,
        Level = LogLevel.Information,
        Message = "Journal compacted tenant={Tenant} horizon={Horizon} removed={Removed} by={By} request_id={RequestId}")]
    public static partial void Compacted(ILogger logger, string tenant, long horizon, long removed, string by, string requestId);

    /// <summary>The client went away before its answer.</summary>
    [LoggerMessage(EventId = 3, Level = LogLevel.Debug, Message = "Client went away path={Path} request_id={RequestId}")]
    public static partial void Gone(ILogger logger, string path, string requestId);
}
