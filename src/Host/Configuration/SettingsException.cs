namespace HeliosSync.Host;

/// <summary>The configuration does not hold. The server does not start; <c>heliossync</c> ends with exit code 2.</summary>
/// <param name="problems">One sentence for each mistake, naming the setting and what would be right.</param>
public sealed class SettingsException(IReadOnlyList<string> problems) : Exception(string.Join(Environment.NewLine, problems))
{
    /// <summary>One sentence for each mistake.</summary>
    public IReadOnlyList<string> Problems { get; } = problems;
}
