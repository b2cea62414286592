namespace HeliosSync.Host;

/// <summary>What the server counts and traces, for whoever listens: the program's own exporters, or an embedding program's.</summary>
internal static class ObservationServices
{
    public static IServiceCollection AddObservation(this IServiceCollection services)
    {
        services.AddMetrics();
        services.AddSingleton<ServerMeter>();
        services.AddSingleton<RequestMetrics>();
        services.AddSingleton<IRequestWatcher>(static s => s.GetRequiredService<RequestMetrics>());
        services.AddSingleton<IRequestWatcher, RequestSpans>();
        services.AddHostedService<ServerGauges>();
        return services;
    }
}
