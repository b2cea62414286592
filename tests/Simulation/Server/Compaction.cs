using HeliosSync.Actors.Journal;
using HeliosSync.Actors.Tenants;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Simulation;

/// <summary>
/// Compacts the tenants' journals again and again, to any horizon, a few events at a time, while everything else goes on; on the real
/// survey and compactor. A crash of the server, or a read that fails, cuts it off between two steps.
/// </summary>
internal sealed class Compaction(World world, SimServer server, Database database, Chance chance)
{
    private readonly JournalChanges _changes = new(database.Journal.Read);

    /// <summary>Until then, every now and then.</summary>
    public void Begin(long untilMicros)
    {
        var next = chance.Between(5 * World.Second, 40 * World.Second);
        if (world.Now + next < untilMicros)
        {
            world.After(next, () =>
            {
                if (world.IsStormy && !server.IsDown)
                {
                    _ = CompactAsync(chance.Pick(database.Tenants), untilMicros);
                }
                else
                {
                    Begin(untilMicros);
                }
            });
        }
    }

    private async Task CompactAsync(TenantId tenant, long untilMicros)
    {
        try
        {
            await CompactAsync(tenant).ConfigureAwait(false);
        }
        catch (SimulatedFailureException)
        {
            world.Log($"{tenant}: compaction cannot read the journal");
        }
        catch (Exception e) when (world.Caught(e))
        {
        }

        Begin(untilMicros);
    }

    private async Task CompactAsync(TenantId tenant)
    {
        var life = world.ServerLife;
        ITenantMessage ask = chance.OneIn(2) ? new KeepSnapshot(tenant) : new AskNeeds(tenant);
        if (await server.AskAsync(ask).ConfigureAwait(false) is not NeedsReply { SnapshotSequence: > 1 } state)
        {
            return;
        }

        // The fence: what is still on its way into the journal must not find its number free.
        var last = chance.Between(1, state.SnapshotSequence - 1);
        var scope = new CompactionScope(
            PersistenceIds.Of(tenant), last, Math.Min(last, state.HeadSequence - chance.Between(1, 20)), state.HeadSequence);
        var survey = new CompactionSurvey(scope, state.Needs, database.Hash);
        if (!await ForEachPieceAsync(tenant, life, scope.HeadSequence, survey.Take, static () => { }).ConfigureAwait(false))
        {
            return;
        }

        survey.Close();
        var compactor = new Compactor(survey);
        var edits = new List<JournalEdit>();
        void Step()
        {
            database.Journal.Edit(tenant, edits, survey.HorizonLsn);
            edits.Clear();
        }

        foreach (var carrier in survey.Carriers)
        {
            _changes.Read(tenant, carrier, carrier, row =>
            {
                compactor.Carry(row.Sequence, row.Manifest, row.Bytes, edits);
                return true;
            });
            Step();
        }

        var isWhole = await ForEachPieceAsync(
            tenant,
            life,
            last,
            (sequence, manifest, bytes) => compactor.Take(sequence, manifest, bytes.ToArray(), edits),
            () =>
            {
                compactor.Pause(edits);
                Step();
            }).ConfigureAwait(false);
        if (isWhole)
        {
            compactor.End(edits);
            Step();
            world.Tally.Hit(compactor.Figures.ChangesRemoved > 0, Sight.Compacted);
            world.Log($"{tenant}: compacted to {survey.HorizonLsn}, {compactor.Figures.ChangesRemoved} changes went");
        }
        else
        {
            world.Tally.Saw(Sight.CompactionCutOff);
        }
    }

    /// <summary>Reads the journal a few events at a time; false where the server is gone before the end.</summary>
    private async Task<bool> ForEachPieceAsync(
        TenantId tenant, int life, long to, Action<long, string, ReadOnlyMemory<byte>> take, Action taken)
    {
        for (var from = 1L; from <= to;)
        {
            await PauseAsync().ConfigureAwait(false);
            if (world.ServerLife != life)
            {
                return false;
            }

            var (left, last) = (chance.Between(1, 12), to);
            _changes.Read(
                tenant,
                from,
                to,
                row =>
                {
                    take(row.Sequence, row.Manifest, row.Bytes);
                    left--;
                    last = left > 0 ? to : row.Sequence;
                    return left > 0;
                },
                mayEndInGap: true);
            taken();
            from = last + 1;
        }

        return true;
    }

    private Task PauseAsync()
    {
        var over = new TaskCompletionSource();
        world.After(chance.Between(World.Millisecond, World.Second), () => over.TrySetResult());
        return over.Task;
    }
}
