namespace HeliosSync.Host;

/// <summary>What is logged of the certificate; never of its key.</summary>
internal static partial class EdgeLog
{
    /// <summary>Handshakes are done with that certificate from now on.</summary>
    [LoggerMessage(EventId = 40, Level = LogLevel.Information,
        Message = "Certificate taken subject={Subject} serial={Serial} not_after={NotAfter:u} intermediates={Intermediates}")]
    public static partial void CertificateTaken(ILogger logger, string subject, string serial, DateTimeOffset notAfter, int intermediates);

    /// <summary>The files have something that does not hold.</summary>
    [LoggerMessage(EventId = 41, Level = LogLevel.Warning,
        Message = "The certificate's files do not hold, the certificate from before stays problem={Problem}")]
    public static partial void CertificateKept(ILogger logger, string problem);

    /// <summary>Nobody renewed it.</summary>
    [LoggerMessage(EventId = 42, Level = LogLevel.Warning,
        Message = "The certificate expires soon, or has expired subject={Subject} not_after={NotAfter:u}")]
    public static partial void CertificateExpires(ILogger logger, string subject, DateTimeOffset notAfter);
}
