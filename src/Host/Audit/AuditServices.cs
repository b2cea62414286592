namespace HeliosSync.Host;

/// <summary>Puts the audit log among a program's services.</summary>
internal static class AuditServices
{
    /// <summary>Adds the audit log, and whatever tells it of what happens. The sync server opens it at its start.</summary>
    public static IServiceCollection AddAuditLog(this IServiceCollection services, AuditSettings settings)
    {
        services.AddSingleton(settings);
        services.AddSingleton<AuditLog>();
        services.AddSingleton<AuditedCalls>();
        services.AddSingleton<AuditWatcher>();
        services.AddSingleton<IRequestWatcher>(static s => s.GetRequiredService<AuditWatcher>());
        return services;
    }
}
