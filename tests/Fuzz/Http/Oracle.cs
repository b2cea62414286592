using System.Text;
using System.Text.Json;

namespace HeliosSync.Fuzz.Http;

/// <summary>Judges single answers: null where one is as it has to be, else what is wrong with it.</summary>
internal static class Oracle
{
    private static readonly string[] ErrorFields = ["code", "details", "error", "request_id"];

    /// <summary>What is wrong with a body by itself.</summary>
    private static readonly string[] Formal =
        ["INVALID_JSON", "INVALID_MESSAGE", "CHECKSUM_MISMATCH", "DECOMPRESSION_FAILED", "BATCH_TOO_LARGE"];

    /// <summary>As of now, or made anew for each answer.</summary>
    private static readonly string[] Fleeting =
        ["request_id", "timestamp", "server_lsn", "head_lsn", "vector_clock", "continuation_token", "uptime_secs"];

    private static readonly Dictionary<string, string[]> AnswerFields = new()
    {
        ["register"] =
        [
            "client_id", "head_lsn", "last_local_lsn", "limits", "server_lsn", "server_node", "server_version", "success", "vector_clock",
        ],
        ["pull"] =
        [
            "changes", "continuation_token", "has_more", "head_lsn", "request_id", "server_lsn", "server_node", "type", "vector_clock",
        ],
        ["push"] =
        [
            "accepted_lsns", "assigned_lsns", "conflicts", "head_lsn", "request_id", "server_lsn", "type", "vector_clock",
        ],
        ["heartbeat"] = ["head_lsn", "success", "timestamp"],
        ["health"] = ["registered_clients", "status", "timestamp", "uptime_secs", "version"],
    };

    /// <summary>The answer to a request whose framing holds.</summary>
    public static string? Judge(Plan plan, RawAnswer answer) =>
        Form(plan.Endpoint, answer, plan.IsHead)
        ?? (plan.RequestId is null || answer.Header("X-Request-ID") == plan.RequestId ? null : "The request's own id did not come back.")
        ?? (answer.Status == 200 ? Taken(plan) : Refused(plan, answer));

    /// <summary>Any answer by itself. An endpoint of null: the bytes were changed, so that nobody knows what was asked.</summary>
    public static string? Form(string? endpoint, RawAnswer answer, bool isHead)
    {
        if (answer.Header("X-Request-ID") is not { Length: > 0 } id)
        {
            return "There is no X-Request-ID.";
        }

        if (answer.Header("Content-Type") != "application/json")
        {
            return "The Content-Type is not application/json.";
        }

        if (isHead)
        {
            return answer.Status < 500 || (endpoint is null && answer.Status == 505) ? null : $"The status is {answer.Status}.";
        }

        if (answer.Json is not { ValueKind: JsonValueKind.Object } json)
        {
            return "The body is no JSON object.";
        }

        var names = json.EnumerateObject().Select(static p => p.Name).Order(StringComparer.Ordinal).ToArray();
        return answer.Status == 200 ? Success(endpoint, names) : Error(endpoint, answer, json, names, id);
    }

    private static string? Success(string? endpoint, string[] names)
    {
        names = [.. names.Where(static n => n is not ("superseded_lsns" or "settled_conflicts"))];
        return AnswerFields.Any(e => (endpoint is null || e.Key == endpoint) && e.Value.SequenceEqual(names))
            ? null
            : $"The answer's fields are {string.Join(", ", names)}.";
    }

    private static string? Error(string? endpoint, RawAnswer answer, JsonElement json, string[] names, string id)
    {
        var code = answer.Code;
        if (!names.Where(static n => n != "conflicts").SequenceEqual(ErrorFields) || (names.Contains("conflicts") && code != "CONFLICT"))
        {
            return $"The error's fields are {string.Join(", ", names)}.";
        }

        if (json.GetProperty("request_id").GetString() != id)
        {
            return "The body's request_id is not that of X-Request-ID.";
        }

        if ((answer.Status == 401 || code == "INSUFFICIENT_SCOPE") != (answer.Header("WWW-Authenticate") is not null))
        {
            return "WWW-Authenticate is missing, or there without need.";
        }

        return Catalogue.Allows(endpoint, $"{answer.Status} {code}")
            ? null
            : $"{endpoint ?? "The server"} may not answer {answer.Status} {code}.";
    }

    private static string? Taken(Plan plan)
    {
        if (plan.MustFail)
        {
            return "It had to be refused.";
        }

        return plan is { Plain: not null, Endpoint: not ("health" or "nowhere") }
            && Model.Judge(plan.Endpoint, plan.Plain) is (Sense.Bad, var why)
            ? $"It was taken, and is no message of the protocol: {why}"
            : null;
    }

    private static string? Refused(Plan plan, RawAnswer answer)
    {
        if (plan.MustFail || plan.Plain is null || plan.Endpoint is "health" or "nowhere")
        {
            return null;
        }

        if (plan.GoodAround && answer.Status is 401 or 403 or 405 or 415 && answer.Code != "CLIENT_MISMATCH")
        {
            return "Nothing around its body was wrong.";
        }

        return Formal.Contains(answer.Code) && Model.Judge(plan.Endpoint, plan.Plain).Sense == Sense.Good
            ? "It was refused, and is a message of the protocol."
            : null;
    }

    /// <summary>Whether two answers say the same, but for their own ids.</summary>
    public static bool Same(RawAnswer one, RawAnswer other) => one.Status == other.Status && Comparable(one) == Comparable(other);

    private static string Comparable(RawAnswer answer)
    {
        var text = new StringBuilder();
        foreach (var field in answer.Json is { ValueKind: JsonValueKind.Object } json ? json.EnumerateObject().ToList() : [])
        {
            if (!Fleeting.Contains(field.Name))
            {
                text.Append(field.Name).Append(field.Value.GetRawText());
            }
        }

        return text.ToString();
    }
}
