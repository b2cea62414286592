using HeliosSync.Actors;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace HeliosSync.Host;

/// <summary>Puts a sync server into a program.</summary>
public static class HeliosSyncBuilder
{
    /// <summary>
    /// Adds a sync server, which starts and stops with the program. It is configured by the section <c>HeliosSync</c>, by the
    /// environment variables that <see cref="HeliosSyncOptions"/> names, and last by <paramref name="configure"/>; what does not hold
    /// throws <see cref="SettingsException"/> at once. Where it listens, and what it logs, is the program's own affair.
    /// <see cref="TokenIssuer"/> and <see cref="TokenMint"/> are among the services, for a program that hands out tokens itself.
    /// </summary>
    public static T AddHeliosSync<T>(this T builder, Action<HeliosSyncOptions>? configure = null)
        where T : IHostApplicationBuilder
    {
        var settings = SettingsReader.Read(builder.Configuration, builder.Environment.IsDevelopment(), configure);
        var services = builder.Services;
        services.AddSingleton(settings);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(static _ => new RetryAfter(Random.Shared));
        services.AddSingleton(new ByteBudget(settings.TenantBytesInFlightMax, settings.BytesInFlightMax));
        services.AddSingleton(new AnswerBudget(new ByteBudget(settings.TenantBytesInFlightMax, settings.BytesInFlightMax)));
        services.AddSingleton(new RequestSlots(settings.TenantRequestsInFlightMax, settings.RequestsInFlightMax));
        services.AddSingleton(new WaitingPulls(new RequestSlots(settings.TenantWaitingPullsMax, settings.WaitingPullsMax)));
        services.AddSingleton(new LiveStreams(new RequestSlots(settings.TenantStreamsMax, settings.StreamsMax)));
        services.AddSingleton(static s =>
        {
            var settings = s.GetRequiredService<Settings>();
            return new TokenMint(settings.Secret, settings.KeyId, s.GetRequiredService<TimeProvider>());
        });
        services.AddSingleton<RateLimits>();
        services.AddSingleton<Turns>();
        services.AddSingleton<ZstdPools>();
        services.AddSingleton<RequestBodies>();
        services.AddSingleton<Answers>();
        services.AddSingleton<ErrorAnswers>();
        services.AddSingleton<ShedLog>();
        services.AddSingleton<RequestFrame>();
        services.AddSingleton<HeldRegistrations>();
        services.AddSingleton<HeldClaims>();
        services.TryAddSingleton<StartSyncServer>(SyncServer.Start);
        services.AddSingleton<SyncService>();
        services.AddHostedService(static s => s.GetRequiredService<SyncService>());
        services.AddSingleton<HealthEndpoint>();
        services.AddSingleton<RegisterEndpoint>();
        services.AddSingleton<PullEndpoint>();
        services.AddSingleton<PullWaits>();
        services.AddSingleton<EventShares>();
        services.AddSingleton<StreamEndpoint>();
        services.AddSingleton<PushEndpoint>();
        services.AddSingleton<HeartbeatEndpoint>();
        services.AddSingleton<PolicyEndpoint>();
        services.AddSingleton<ConflictsEndpoint>();
        services.AddSingleton<ClientsEndpoint>();
        services.AddSingleton<CompactEndpoint>();
        services.AddSingleton<ApiDescription>();
        services.AddAuditLog(settings.Audit);
        services.AddSingleton<BearerSetup>();
        services.AddSingleton<KnownTokens>();
        services.AddSingleton<Authenticator>();
        services.AddTokens();
        services.AddObservation();
        return builder;
    }
}
