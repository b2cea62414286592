using System.Globalization;
using System.Text.Json;
using HeliosSync.Load.Engine;

namespace HeliosSync.Load.Clients;

/// <summary>Holds every refusal that clients met to protocol 3: which they may be, and what they must say. Thread-safe.</summary>
internal sealed class Refusals
{
    private const int Tries = 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetryAfterMax = TimeSpan.FromSeconds(60);
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, long> _byCode = new(StringComparer.Ordinal);
    private readonly List<string> _wrong = [];

    /// <summary>How many there were.</summary>
    public long Count
    {
        get
        {
            lock (_lock)
            {
                return _byCode.Values.Sum();
            }
        }
    }

    /// <summary>Notes one.</summary>
    public void Note(Answer answer)
    {
        var code = answer.ErrorCode();
        var wrong = Wrong(answer, code);
        lock (_lock)
        {
            _byCode[code] = _byCode.GetValueOrDefault(code) + 1;
            if (wrong is not null)
            {
                _wrong.Add($"{answer.Status} {code}: {wrong}");
            }
        }
    }

    /// <summary>Sends again, unchanged, for as long as the server says to come again; notes each time that it does.</summary>
    public async Task<Answer> InsistAsync(Func<Task<Answer>> send, CancellationToken ct)
    {
        var answer = await send();
        for (var tries = 0; answer.Status is 429 or 503 && tries < Tries; tries++)
        {
            Note(answer);
            await Task.Delay(answer.RetryAfter ?? Patience, ct);
            answer = await send();
        }

        return answer;
    }

    /// <summary>Whether each was one that tells a good client to come again, and when. All of these clients together.</summary>
    public static Check Judge(IEnumerable<Refusals> all)
    {
        var byCode = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var wrong = new List<string>();
        foreach (var refusals in all)
        {
            lock (refusals._lock)
            {
                wrong.AddRange(refusals._wrong);
                foreach (var (code, count) in refusals._byCode)
                {
                    byCode[code] = byCode.GetValueOrDefault(code) + count;
                }
            }
        }

        var counts = string.Join(", ", byCode.Select(static c => string.Create(CultureInfo.InvariantCulture, $"{c.Key} {c.Value}")));
        return new Check(
            "every refusal is a 429 RATE_LIMITED or 503 OVERLOADED, with Retry-After and the whole error body",
            wrong.Count == 0,
            wrong.Count > 0 ? $"{counts}; {string.Join("; ", wrong.Distinct().Take(5))}" : counts.Length > 0 ? counts : "none was refused");
    }

    private static string? Wrong(Answer answer, string code)
    {
        if ((answer.Status, code) is not ((429, "RATE_LIMITED") or (503, "OVERLOADED")))
        {
            return "not a refusal that overload may give";
        }

        if (answer.RetryAfter is not { } wait || wait < TimeSpan.FromSeconds(1) || wait > RetryAfterMax)
        {
            return $"Retry-After is {answer.RetryAfter?.ToString() ?? "missing"}";
        }

        using var json = JsonDocument.Parse(answer.Body);
        return new[] { "error", "request_id" }.All(name =>
            json.RootElement.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String && text.GetString()!.Length > 0)
            && json.RootElement.TryGetProperty("details", out _)
                ? null
                : "the error body is not whole";
    }
}
