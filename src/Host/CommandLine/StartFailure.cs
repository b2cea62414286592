using System.Net;
using System.Net.Sockets;
using HeliosSync.Actors;
using Microsoft.AspNetCore.Connections;

namespace HeliosSync.Host;

/// <summary>The address cannot be listened on.</summary>
internal sealed class ListenException(string message, Exception cause) : Exception(message, cause);

/// <summary>Tells the mistakes of the person who starts the server from bugs.</summary>
internal static class StartFailure
{
    /// <summary>One sentence for each mistake; null where it is a bug, whose stack trace is wanted.</summary>
    public static IReadOnlyList<string>? Explain(Exception failure) => failure switch
    {
        SettingsException e => e.Problems,
        StartupException or ListenException => [failure.Message],
        _ => null,
    };

    /// <summary>What Kestrel's failure to listen means; null where it is something else.</summary>
    public static ListenException? OfListening(IOException failure, Settings settings)
    {
        var address = $"BIND_ADDR {settings.Listen}";
        return failure.InnerException switch
        {
            AddressInUseException => new(
                $"{address} is in use by another program; stop that one, or choose another, such as BIND_ADDR={Next(settings.Listen)}.",
                failure),
            _ => null,
        };
    }

    private static IPEndPoint Next(IPEndPoint taken) => new(taken.Address, taken.Port == IPEndPoint.MaxPort ? 8080 : taken.Port + 1);

    /// <summary>What the socket's failure to listen means; null where it is something else.</summary>
    public static ListenException? OfListening(SocketException failure, Settings settings)
    {
        var address = $"BIND_ADDR {settings.Listen}";
        return failure.SocketErrorCode switch
        {
            SocketError.AddressNotAvailable => new($"{address} is no address of this machine; 0.0.0.0 stands for all of them.", failure),
            SocketError.AccessDenied => new($"{address} is reserved for the system; choose a port from 1024 on.", failure),
            SocketError.AddressFamilyNotSupported => new($"{address} is of a kind that this machine does not speak.", failure),
            _ => null,
        };
    }
}
