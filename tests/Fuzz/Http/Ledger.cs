using System.Text;
using System.Text.Json;

namespace HeliosSync.Fuzz.Http;

/// <summary>What an episode was told, held against what it is given at the end.</summary>
internal sealed class Ledger(string tenant)
{
    private readonly Dictionary<long, string> _rows = [];
    private long _audited;
    private long _head;

    /// <summary>Takes in an answer; what is wrong with it, or null.</summary>
    public string? Learn(Plan plan, JsonElement answer, IEnumerable<Actor> actors)
    {
        if (answer.TryGetProperty("head_lsn", out var head) && head.GetInt64() > _head)
        {
            _head = head.GetInt64();
            foreach (var actor in actors)
            {
                actor.HeadLsn = _head;
            }
        }

        return plan.Endpoint switch
        {
            "push" => LearnPush(plan, answer),
            "pull" => LearnPull(plan, answer, actors),
            _ => null,
        };
    }

    /// <summary>Takes in a page of the pull from 0; what is wrong with it, or null.</summary>
    public string? Audit(JsonElement page)
    {
        foreach (var change in page.GetProperty("changes").EnumerateArray())
        {
            var lsn = change.GetProperty("lsn").GetInt64();
            if (lsn != ++_audited)
            {
                return $"After LSN {_audited - 1} came {lsn}.";
            }

            if (_rows.TryGetValue(lsn, out var row) && row != Row(change))
            {
                return $"LSN {lsn} was acknowledged for {row}, and is {Row(change)}.";
            }
        }

        return null;
    }

    /// <summary>Whether everything up to the head came.</summary>
    public bool IsWhole(out string lack)
    {
        lack = $"The pull ended at {_audited}, the head is {_head}.";
        return _audited == _head && (_rows.Count == 0 || _rows.Keys.Max() <= _audited);
    }

    private string? LearnPush(Plan plan, JsonElement answer)
    {
        var (accepted, assigned) = (Numbers(answer, "accepted_lsns"), Numbers(answer, "assigned_lsns"));
        var conflicts = answer.GetProperty("conflicts").EnumerateArray().Select(static c => c.GetProperty("lsn").GetInt64()).ToList();
        if (accepted.Count != assigned.Count)
        {
            return "Not every accepted change has an assigned LSN.";
        }

        // Only of pushes that were sent as they were made is it known what stood in them.
        if (plan.Rows.Count > 0 && !accepted.Concat(conflicts).Order().SequenceEqual(plan.Rows.Select(static r => r.Lsn)))
        {
            return "Not every change stands exactly once among the accepted and the conflicts.";
        }

        var rows = plan.Rows.ToDictionary(static r => r.Lsn, static r => r.Row);
        foreach (var (local, lsn) in accepted.Zip(assigned))
        {
            if (rows.TryGetValue(local, out var row) && !_rows.TryAdd(lsn, row) && _rows[lsn] != row)
            {
                return $"LSN {lsn} was acknowledged for {_rows[lsn]}, and again for {row}.";
            }
        }

        return null;
    }

    private string? LearnPull(Plan plan, JsonElement answer, IEnumerable<Actor> actors)
    {
        var last = 0L;
        foreach (var change in answer.GetProperty("changes").EnumerateArray())
        {
            var lsn = change.GetProperty("lsn").GetInt64();
            if (lsn <= last)
            {
                return $"LSN {lsn} came after {last}.";
            }

            last = lsn;
            var isPlain = !change.TryGetProperty("compressed", out var compressed) || !compressed.GetBoolean();
            var data = isPlain ? Encoding.UTF8.GetString(Bytes(change.GetProperty("data"))) : "";
            if (data.StartsWith("fuzz-", StringComparison.Ordinal) && !data.StartsWith(tenant + ":", StringComparison.Ordinal))
            {
                return "Data of another tenant came.";
            }
        }

        LearnToken(plan, answer, actors);
        return null;
    }

    private static void LearnToken(Plan plan, JsonElement answer, IEnumerable<Actor> actors)
    {
        if (plan.Plain is null || answer.GetProperty("continuation_token").GetString() is not { } token)
        {
            return;
        }

        using var asked = JsonDocument.Parse(plan.Plain);
        var client = asked.RootElement.GetProperty("client_id").GetString();
        if (actors.FirstOrDefault(a => a.Id == client) is { } actor)
        {
            (actor.Token, actor.TokenSince) = (token, asked.RootElement.GetProperty("since_lsn").GetInt64());
        }
    }

    private static string Row(JsonElement change) =>
        $"{change.GetProperty("table").GetString()}/{Convert.ToHexString(Bytes(change.GetProperty("key")))}";

    private static byte[] Bytes(JsonElement value) => value.ValueKind == JsonValueKind.String
        ? value.GetBytesFromBase64()
        : [.. value.EnumerateArray().Select(static e => e.GetByte())];

    private static List<long> Numbers(JsonElement answer, string name) =>
        [.. answer.GetProperty(name).EnumerateArray().Select(static n => n.GetInt64())];
}
