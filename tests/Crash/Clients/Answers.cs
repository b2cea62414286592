using System.Text;
using System.Text.Json;
using HeliosSync.Crash.History;
using HeliosSync.Load.Clients;

namespace HeliosSync.Crash.Clients;

/// <summary>Reads answers into entries of the history.</summary>
internal static class Answers
{
    private const string Conflict = "CONFLICT";

    /// <summary>What became of a push.</summary>
    public static Entry OfPush(long call, Answer answer)
    {
        if (!answer.Ok && !(answer.Status == 409 && answer.ErrorCode() == Conflict))
        {
            return Otherwise(call, answer);
        }

        using var json = JsonDocument.Parse(answer.Body);
        var root = json.RootElement;
        return new PushAnswered(
            call,
            Numbers(root, "accepted_lsns"),
            Numbers(root, "assigned_lsns"),
            Numbers(root, "superseded_lsns"),
            [.. root.GetProperty("conflicts").EnumerateArray().Select(static c => new History.Conflict(
                c.GetProperty("lsn").GetInt64(),
                c.GetProperty("server_change").GetProperty("lsn").GetInt64(),
                c.GetProperty("resolution").GetString() == "ClientWon"))],
            RefusedWhole: !answer.Ok,
            Number(root, "server_lsn"),
            Number(root, "head_lsn"))
        {
            Settled = Numbers(root, "settled_conflicts"),
        };
    }

    /// <summary>A page, or why there is none.</summary>
    public static Entry OfPull(long call, Answer answer, out string? token)
    {
        token = null;
        if (!answer.Ok)
        {
            return Otherwise(call, answer);
        }

        var page = Page.Read(answer.Body);
        token = page.HasMore ? page.Token : null;
        return new PullAnswered(call, [.. page.Changes.Select(OfChange)], page.ServerLsn, page.HeadLsn);
    }

    /// <summary>A registration, or why there is none.</summary>
    public static Entry OfRegister(long call, Answer answer, ref string? serverNode)
    {
        if (!answer.Ok)
        {
            return Otherwise(call, answer);
        }

        using var json = JsonDocument.Parse(answer.Body);
        serverNode = json.RootElement.GetProperty("server_node").GetString();
        return new RegisterAnswered(call, Number(json.RootElement, "server_lsn"), Number(json.RootElement, "head_lsn"));
    }

    private static Entry Otherwise(long call, Answer answer) =>
        answer.Status == 0 ? new Unanswered(call, answer.Sent) : new Refused(call, answer.Status, answer.ErrorCode());

    private static StoredChange OfChange(PulledChange change)
    {
        var data = Encoding.UTF8.GetString(change.Data);
        // What is damaged must not pass for what was sent, whichever of the two the damage is in.
        var whole = Bodies.Checksum(change.Key, change.Data) == change.Checksum ? data : $"checksum {change.Checksum} on {data}";
        return new StoredChange(
            change.Lsn, change.Table, change.Operation, Encoding.UTF8.GetString(change.Key), whole, change.Author, change.AuthorLsn);
    }

    private static long Number(JsonElement json, string name) => json.TryGetProperty(name, out var value) ? value.GetInt64() : 0;

    private static long[] Numbers(JsonElement json, string name) =>
        json.TryGetProperty(name, out var values) ? [.. values.EnumerateArray().Select(static v => v.GetInt64())] : [];
}
