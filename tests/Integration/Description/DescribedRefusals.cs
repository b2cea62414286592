using System.Collections.Concurrent;
using HeliosSync.Host;

namespace HeliosSync.Integration.Description;

/// <summary>
/// Watches every request of a test: a refusal that the OpenAPI document does not name for its endpoint is kept. So whatever any test makes
/// the server say is described. An endpoint that is not in the document at all is <see cref="DescriptionTests"/>' affair.
/// </summary>
internal sealed class DescribedRefusals : IRequestWatcher
{
    private static readonly Dictionary<string, HashSet<string>> Described =
        Document.Operations.ToDictionary(static o => o.Key, static o => o.Value.Codes.ToHashSet());

    private readonly ConcurrentDictionary<string, bool> _missing = new();

    /// <summary>What is to be added to the document, a line each.</summary>
    public IEnumerable<string> Missing =>
        _missing.Keys.Select(static m => $"{m} is not in x-error-codes of src/Host/Description/openapi.json");

    public void Answered(Exchange exchange, TimeSpan took)
    {
        if (exchange.Code is not { } code || code == Domain.ErrorCode.MethodNotAllowed)
        {
            return;
        }

        var endpoint = exchange.Endpoint;
        var name = ErrorCatalogue.Of(code).Name;
        var codes = Described.GetValueOrDefault($"{endpoint.Method} {HeliosSyncEndpoints.BasePath}{endpoint.Path}")
            ?? Described.GetValueOrDefault($"{endpoint.Method} /api/v1{endpoint.Path}")
            ?? Described.GetValueOrDefault($"{endpoint.Method} {endpoint.Path}");
        if (codes?.Contains(name) == false)
        {
            _missing.TryAdd($"{endpoint.Method} {endpoint.Path}: {name}", true);
        }
    }
}
