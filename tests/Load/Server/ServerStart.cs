namespace HeliosSync.Load.Server;

/// <summary>How a server process is started.</summary>
/// <param name="DataDir">Its data folder; it must exist.</param>
/// <param name="Secret">What tokens are signed with.</param>
public sealed record ServerStart(string DataDir, string Secret)
{
    /// <summary>The program, one that lies beside the one that runs now.</summary>
    public string Program { get; init; } = "heliossync";

    /// <summary>What it is told on its command line.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>What <c>ASPNETCORE_ENVIRONMENT</c> says.</summary>
    public string HostEnvironment { get; init; } = "Production";

    /// <summary>Further environment variables.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();
}
