using System.Globalization;
using HeliosSync.Domain;

namespace HeliosSync.Host;

/// <summary><c>GET /conflicts</c> (protocol 4.7): the conflict log, page by page.</summary>
internal sealed class ConflictsEndpoint(SyncService service, Answers answers)
{
    public async ValueTask<Refusal?> HandleAsync(Exchange exchange)
    {
        var (since, limit, open) = (0L, (long)Limits.ConflictPageEntriesMax, (bool?)null);
        var query = exchange.Http.Request.Query;
        if (query.TryGetValue("since", out var text) && !TryNumber(text.Count == 1 ? text[0] : null, 0, out since))
        {
            return Wrong("since", $"must be an integer from 0 to {Limits.SafeIntegerMax}");
        }

        if (query.TryGetValue("limit", out text) && !TryNumber(text.Count == 1 ? text[0] : null, 1, out limit))
        {
            return Wrong("limit", $"must be an integer from 1 to {Limits.SafeIntegerMax}");
        }

        if (query.TryGetValue("status", out text))
        {
            if (text.Count != 1 || text[0] is not ("open" or "settled"))
            {
                return Wrong("status", "must be open or settled");
            }

            open = text[0] == "open";
        }

        var most = (int)Math.Min(limit, Limits.ConflictPageEntriesMax);
        var caller = exchange.Caller!;
        var (refusal, reply) = await service.Server.ConflictsAsync(caller.Tenant, caller.Client, since, most, open);
        if (reply is null)
        {
            return refusal;
        }

        await using var body = answers.Open(exchange, StatusCodes.Status200OK);
        service.Conflicts.Write(body, reply.Conflicts, reply.HasMore, reply.NextSince, reply.ServerNode);
        return await answers.SendAsync(exchange, body);
    }

    /// <summary>A number in plain digits, as bodies have them.</summary>
    internal static bool TryNumber(string? text, long least, out long number)
    {
        const int DigitsMax = 18;
        number = 0;
        return text is { Length: > 0 and <= DigitsMax }
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number)
            && number >= least && number <= Limits.SafeIntegerMax;
    }

    private static Refusal Wrong(string parameter, string what) =>
        new(ErrorCode.InvalidMessage, $"The parameter {parameter} {what}.", parameter);
}
