using HeliosSync.Domain;

namespace HeliosSync.Simulation;

/// <summary>Oracle 7: at rest every client holds what the journal says, row by row.</summary>
internal static class Convergence
{
    public static void Check(Replica replica, Ledger ledger, Verdicts verdicts)
    {
        foreach (var row in replica.OwnRows)
        {
            var held = replica.State[row].Base;
            var stands = ledger.Version(row);
            var isSame = held?.Lsn == stands?.Lsn && IsDeleted(held?.Operation) == IsDeleted(stands?.Operation)
                && (held is null || held.Data.AsSpan().SequenceEqual(stands!.Data));
            if (!isSame)
            {
                verdicts.Violate(
                    Oracle.Convergence, $"{replica.State.Node} holds {row} of LSN {held?.Lsn}, where {stands} stands at {stands?.Lsn}");
            }
        }
    }

    private static bool IsDeleted(Operation? operation) => operation is null or Operation.Delete;
}
