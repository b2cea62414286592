using System.IO.Hashing;
using HeliosSync.Domain;

namespace HeliosSync.Simulation;

/// <summary>Holds every answer, as it leaves the server, against what is durable at that moment (oracles 1, 4, 5, 9).</summary>
internal sealed class AnswerChecks(IReadOnlyList<Ledger> ledgers, Verdicts verdicts, Tally tally)
{
    public void Check(Request request, Answer answer, int serverLife)
    {
        var ledger = ledgers[request.Tenant];
        if (answer.Code is not null && answer.Code != "CONFLICT")
        {
            return;
        }

        if (!ledger.WasRegistered(request.Client))
        {
            verdicts.Violate(Oracle.AcknowledgedIsThere, $"{request}: served, and the journal has no registration of that client");
        }

        if (ledger.MustRegister(request.Client))
        {
            verdicts.Violate(Oracle.AnswerIsAllowed, $"{request}: served, and it has not registered since the journal was restored");
        }

        CheckCursors(request, answer, ledger);
        switch (request.Endpoint)
        {
            case Endpoint.Pull:
                CheckPage(request, answer, ledger);
                break;
            case Endpoint.Push:
                CheckOutcome(request, answer, ledger, serverLife);
                break;
            default:
                break;
        }
    }

    private void CheckCursors(Request request, Answer answer, Ledger ledger)
    {
        if (answer.ServerNode is { } node && node != ledger.ServerNode)
        {
            verdicts.Violate(Oracle.TenantsApart, $"{request}: names the server node {node}, the tenant's is {ledger.ServerNode}");
        }

        ledger.HandOut(answer.ServerLsn, request.ToString());
        ledger.HandOut(answer.HeadLsn, request.ToString());
        var claimed = answer.Clock[ledger.ServerNode];
        if (answer.Code is null && claimed != (request.Filter is null ? answer.ServerLsn : 0))
        {
            verdicts.Violate(Oracle.PositionPassesNothing, $"{request}: the clock says {claimed}, the position {answer.ServerLsn}");
        }
    }

    private void CheckPage(Request request, Answer page, Ledger ledger)
    {
        var last = request.After;
        foreach (var change in page.Changes)
        {
            if (change.Lsn <= last || change.Lsn > page.ServerLsn)
            {
                verdicts.Violate(Oracle.AnswerIsAllowed, $"{request}: LSN {change.Lsn} behind {last} on a page to {page.ServerLsn}");
            }

            last = change.Lsn;
            CheckShown(request, change, ledger);
        }

        tally.Hit(request.Filter is not null && page.Changes.Count > 0, Sight.PageOfAFilter);
        tally.Hit(!page.HasMore && page.ServerLsn < page.HeadLsn, Sight.PagePinnedBelowTheHead);
    }

    private void CheckShown(Request request, ShownChange change, Ledger ledger)
    {
        if (change.Lsn < 1 || change.Lsn > ledger.Head)
        {
            verdicts.Violate(Oracle.NothingBelowACursor, $"{request}: shows LSN {change.Lsn}, durable is only {ledger.Head}");
            return;
        }

        var stored = ledger.At(change.Lsn);
        var data = change.Compressed ? stored.Sent : stored.Data;
        var isSame = stored.Node == change.Author && stored.LocalLsn == change.AuthorLsn && stored.Row == change.Row
            && stored.Operation == change.Operation && data.AsSpan().SequenceEqual(change.Data) && stored.Checksum == change.Checksum
            && change.Clock[ledger.ServerNode] == change.Lsn;
        if (!change.Compressed && change.Data.Length > 0 && change.Data[0] != ledger.Truth.Tag)
        {
            verdicts.Violate(Oracle.TenantsApart, $"{request}: shows data of another tenant at LSN {change.Lsn}");
        }

        if (!isSame)
        {
            verdicts.Violate(Oracle.LsnNeverChanges, $"{request}: shows {change} at {change.Lsn}, where {stored} stands");
        }

        if (!change.Compressed && Crc32.HashToUInt32([change.Row.Key, .. change.Data]) != change.Checksum)
        {
            verdicts.Violate(Oracle.LsnNeverChanges, $"{request}: the checksum of {change} does not hold");
        }
    }

    /// <summary>The outcome must be durable, and the same however often it is told.</summary>
    private void CheckOutcome(Request request, Answer answer, Ledger ledger, int serverLife)
    {
        var outcomes = ledger.OutcomesOf(request.Client, request.Message).ToList();
        if (outcomes.Count == 0)
        {
            verdicts.Violate(Oracle.AcknowledgedIsThere, $"{request}: {request.Message} is answered, and the journal has no outcome");
            return;
        }

        if (outcomes.Find(outcome => IsSame(answer, outcome)) is not { } told)
        {
            verdicts.Violate(Oracle.AcknowledgedIsThere, $"{request}: {request.Message} is answered otherwise than the journal has it");
            return;
        }

        foreach (var report in answer.Conflicts)
        {
            CheckShown(request, report.ServerChange, ledger);
        }

        See(answer, told, serverLife);
    }

    private static bool IsSame(Answer answer, PushOutcome outcome)
    {
        var acknowledged = outcome.Changes.Where(static c => IsAcknowledged(c.Verdict)).ToList();
        var conflicts = outcome.Changes.Where(static c => c.Conflict != ConflictType.None).ToList();
        var isSame = outcome.Refused == (answer.Code is not null)
            && answer.Conflicts.Select(static c => (c.LocalLsn, c.ServerChange.Lsn, c.Type, c.Resolution))
                .SequenceEqual(conflicts.Select(static c => (c.LocalLsn, c.MetLsn, c.Conflict.ToString(), c.Resolution.ToString())));
        return isSame && (outcome.Refused
            || (answer.Accepted.SequenceEqual(acknowledged.Select(static c => c.LocalLsn))
                && answer.Assigned.SequenceEqual(acknowledged.Select(static c => c.Lsn))
                && answer.Superseded.SequenceEqual(
                    acknowledged.Where(static c => c.Verdict == Verdict.Superseded).Select(static c => c.LocalLsn))));
    }

    private void See(Answer answer, PushOutcome outcome, int serverLife)
    {
        tally.Hit(outcome.Told > 0, Sight.RepeatAnswered);
        tally.Hit(outcome.ServerLife < serverLife, Sight.RepeatAnsweredAfterACrash);
        tally.Hit(outcome.ServerLife < serverLife && outcome.Told == 0, Sight.CrashBetweenWriteAndAck);
        tally.Hit(outcome.ReportedFailed, Sight.FailedAfterCommitThenRepeated);
        tally.Hit(answer.ServerLsn > 0 && answer.Assigned.Contains(answer.ServerLsn), Sight.PositionRaisedByAPush);
        outcome.Told++;
    }

    private static bool IsAcknowledged(Verdict verdict) =>
        verdict is Verdict.Accepted or Verdict.Repeated or Verdict.Superseded or Verdict.Converged;
}
