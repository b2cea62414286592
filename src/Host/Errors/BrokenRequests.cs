using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using HeliosSync.Codec;
using HeliosSync.Domain;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.AspNetCore.WebUtilities;

namespace HeliosSync.Host;

/// <summary>
/// Gives the error body of protocol 3 also to what Kestrel refuses by itself, before there is a request that an endpoint could answer:
/// broken request lines and headers, two lengths, a head that is too large or too slow. Kestrel tells of such a refusal by a
/// diagnostic event, then answers it with a bare head and closes. That head is withheld, and a whole answer sent in its place.
/// </summary>
internal sealed class BrokenRequests(
    TimeProvider time, RequestMetrics metrics, AuditLog audit, ILogger<RequestFrame> logger)
    : IObserver<KeyValuePair<string, object?>>
{
    private const string Event = "Microsoft.AspNetCore.Server.Kestrel.BadRequest";

    /// <summary>Hears of the refusals of that program's Kestrel, for as long as the program lives.</summary>
    public void Watch(DiagnosticListener kestrel) => kestrel.Subscribe(this, static name => name == Event);

    /// <summary>Around each connection, below HTTP: sends the last answer of one that was refused.</summary>
    public static ConnectionDelegate Around(ConnectionDelegate http) => async connection =>
    {
        // Kestrel refuses within HTTP/2's own frames; a whole connection of it is not to end with an answer of HTTP/1.1.
        if (connection.Features.Get<ITlsApplicationProtocolFeature>() is { } tls && tls.ApplicationProtocol.Span.SequenceEqual("h2"u8))
        {
            await http(connection);
            return;
        }

        var transport = connection.Transport;
        var output = new WithheldOutput(transport.Output);
        connection.Features.Set(output);
        connection.Transport = new DuplexPipe(transport.Input, output);
        try
        {
            await http(connection);
        }
        finally
        {
            connection.Transport = transport;
        }

        if (output.Instead is { } answer)
        {
            await transport.Output.WriteAsync(answer);
        }
    };

    /// <inheritdoc/>
    public void OnNext(KeyValuePair<string, object?> value)
    {
        // Within an endpoint, a body that is broken as HTTP is the endpoint's own to answer, and is answered by now.
        if (value.Value is IFeatureCollection features
            && features.Get<WithheldOutput>() is { Instead: null } output
            && features.Get<IHttpResponseFeature>() is { HasStarted: false } response)
        {
            var address = features.Get<IHttpConnectionFeature>()?.RemoteIpAddress;
            output.Instead = Answer(features.GetRequiredFeature<IHttpRequestFeature>(), response.StatusCode, address);
        }
    }

    /// <inheritdoc/>
    public void OnCompleted()
    {
    }

    /// <inheritdoc/>
    public void OnError(Exception error)
    {
    }

    private ReadOnlyMemory<byte> Answer(IHttpRequestFeature request, int status, IPAddress? address)
    {
        var (code, message) = Describe(status);
        var name = ErrorCatalogue.Of(code).Name;
        var requestId = RequestIds.Of(request.Headers);
        var body = new ArrayBufferWriter<byte>();
        ErrorWriter.Write(body, name, message, null, requestId);
        var answer = new ArrayBufferWriter<byte>();
        Encoding.ASCII.GetBytes(
            string.Create(
                CultureInfo.InvariantCulture,
                $"HTTP/1.1 {status} {ReasonPhrases.GetReasonPhrase(status)}\r\nContent-Length: {body.WrittenCount}\r\n"
                + $"Content-Type: {MediaTypes.Json}\r\nConnection: close\r\nDate: {time.GetUtcNow():R}\r\nCache-Control: no-store\r\n"
                + $"{RequestIds.Header}: {requestId}\r\n\r\n"),
            answer);
        if (!HttpMethods.IsHead(request.Method))
        {
            answer.Write(body.WrittenSpan);
        }

        metrics.Refused(name);
        audit.Count(new AuditSum(AuditKind.Refused, code, message, null, null, address, null, null), requestId);
        RequestLog.Answered(logger, LogLevel.Information, "-", "-", status, name, 0, null, null, requestId, null);
        return answer.WrittenMemory;
    }

    /// <summary>HTTP's own status stays; the code is the nearest of the catalogue.</summary>
    private static (ErrorCode Code, string Message) Describe(int status) => status switch
    {
        StatusCodes.Status405MethodNotAllowed => (ErrorCode.MethodNotAllowed, "There is nothing here for this method."),
        StatusCodes.Status408RequestTimeout => (ErrorCode.InvalidMessage, "The request came too slowly."),
        StatusCodes.Status414UriTooLong => (ErrorCode.InvalidMessage, "The request's first line is too long."),
        StatusCodes.Status431RequestHeaderFieldsTooLarge => (ErrorCode.InvalidMessage, "The request's headers are too many or too large."),
        StatusCodes.Status505HttpVersionNotsupported => (ErrorCode.InvalidMessage, "The server speaks HTTP/1.1."),
        _ => (ErrorCode.InvalidMessage, "The request is broken as HTTP."),
    };
}
