using System.Net.Security;
using System.Security.Authentication;

namespace HeliosSync.Host;

/// <summary>
/// The certificate that handshakes are given, and the watch over its files. They are read again and again instead of watched: what is
/// mounted or linked (as Kubernetes and certbot do) changes without a word to watchers. Connections that are open stay as they are.
/// </summary>
internal sealed class ServerCertificate(EdgeSettings edge, TimeProvider time, ILogger<ServerCertificate> logger) : BackgroundService
{
    private static readonly TimeSpan ExpirySoon = TimeSpan.FromDays(14);
    private static readonly TimeSpan ExpirySaidEvery = TimeSpan.FromHours(12);

    private volatile SslServerAuthenticationOptions? _current;
    private byte[] _seen = [];
    private string? _problem;
    private DateTimeOffset _expirySaid;

    /// <summary>What a handshake is to be done with now. One object for each certificate, so that sessions can resume.</summary>
    public SslServerAuthenticationOptions Current => _current
        ?? throw new InvalidOperationException("The certificate has not been loaded.");

    /// <inheritdoc/>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        if (edge.Certificate is null)
        {
            return Task.CompletedTask;
        }

        Look();
        if (_current is null)
        {
            throw new SettingsException([$"TLS_CERT_FILE and TLS_KEY_FILE do not hold: {_problem}."]);
        }

        return base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(edge.CheckEvery, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            Look();
        }
    }

    /// <summary>Takes what the files have where it is new and holds; else the one before stays, and the log says why, once.</summary>
    private void Look()
    {
        var loaded = edge.Certificate!.Load();
        var problem = loaded.Problem ?? (_current is not null && Expired(loaded.Context!) ? "the certificate has expired" : null);
        if (problem is not null)
        {
            if (_current is not null && (problem != _problem || !loaded.Fingerprint.AsSpan().SequenceEqual(_seen)))
            {
                EdgeLog.CertificateKept(logger, problem);
            }

            (_problem, _seen) = (problem, loaded.Fingerprint);
        }
        else if (_current is null || _problem is not null || !loaded.Fingerprint.AsSpan().SequenceEqual(_seen))
        {
            (_problem, _seen, _expirySaid) = (null, loaded.Fingerprint, default);
            Take(loaded.Context!);
        }

        SayExpiry();
    }

    private void Take(SslStreamCertificateContext context)
    {
        _current = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = context,
#pragma warning disable CA5398 // Whatever the system would let in, nothing older.
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
#pragma warning restore CA5398
            ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
            ClientCertificateRequired = false,
            AllowRenegotiation = false,
        };
        var leaf = context.TargetCertificate;
        EdgeLog.CertificateTaken(
            logger, leaf.Subject, leaf.SerialNumber, new DateTimeOffset(leaf.NotAfter), context.IntermediateCertificates.Count);
    }

    private void SayExpiry()
    {
        var (now, leaf) = (time.GetUtcNow(), _current?.ServerCertificateContext?.TargetCertificate);
        if (leaf is not null && now - _expirySaid >= ExpirySaidEvery && leaf.NotAfter.ToUniversalTime() - now.UtcDateTime < ExpirySoon)
        {
            _expirySaid = now;
            EdgeLog.CertificateExpires(logger, leaf.Subject, new DateTimeOffset(leaf.NotAfter));
        }
    }

    private bool Expired(SslStreamCertificateContext context) =>
        context.TargetCertificate.NotAfter.ToUniversalTime() <= time.GetUtcNow().UtcDateTime;
}
