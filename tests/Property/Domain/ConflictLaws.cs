using FsCheck.Xunit;
using HeliosSync.Domain;

namespace HeliosSync.Property;

/// <summary>The laws of protocol 5.3 said directly, about every row that a history leaves.</summary>
[Properties(Arbitrary = [typeof(HistoryArbitraries), typeof(TinyArbitraries)], MaxTest = 300)]
public sealed class ConflictLaws
{
    private const long Much = 1_000;

    [Property]
    public void A_context_with_the_versions_lsn_is_never_a_conflict(History history, Operation operation, bool more)
    {
        ForEachRow(history, (arena, row, version, client) =>
        {
            var lsn = more ? arena.Tenant.Head : version.Lsn;
            AssertKnown(arena, client, version, Tiny.Change(77, operation, row, 3, Tiny.Clock((Tiny.Server, lsn))));
            AssertKnown(arena, client, version, Tiny.Change(77, operation, row, 3, baseLsn: lsn));
            AssertKnown(arena, client, version, Tiny.Change(77, operation, row, 3, Tiny.Clock((Tiny.Server, 0)), lsn));
            AssertKnown(arena, client, version, Tiny.Change(1, operation, row, 3, Tiny.Clock((Tiny.Server, lsn)), 0));
        });
    }

    [Property]
    public void A_context_with_the_versions_valid_dot_is_never_a_conflict(History history, Operation operation, bool more)
    {
        ForEachRow(history, (arena, row, version, client) =>
        {
            if (version.DotValid)
            {
                var clock = Tiny.Clock((AuthorOf(arena, version), version.Counter + (more ? 1 : 0)));
                AssertKnown(arena, client, version, Tiny.Change(77, operation, row, 3, clock));
            }
        });
    }

    /// <summary>
    /// The context knows all that can be known but the version: everything before it, all other nodes, and its author up to
    /// the counter before, or to any counter where the dot vouches for nothing.
    /// </summary>
    [Property]
    public void A_concurrent_change_with_other_content_is_always_a_conflict(History history, Operation operation, bool high)
    {
        ForEachRow(history, (arena, row, version, client) =>
        {
            var author = AuthorOf(arena, version);
            if (arena.Tenant.StandingOf(client).Node == author)
            {
                return;
            }

            var clock = Tiny.Nodes.Aggregate(VectorClock.Empty, (c, n) => c.With(n, Much))
                .With(author, version.DotValid ? version.Counter - 1 : Much).With(Tiny.Server, version.Lsn - 1);
            var change = Tiny.Change(high ? 77 : 1, operation, row, 3, clock, version.Lsn - 1);
            var judgement = Judge(arena, client, change);
            if (operation == Operation.Delete && version.Operation == Operation.Delete)
            {
                Assert.Equal((Verdict.Converged, version.Lsn, ConflictType.None), (judgement.Verdict, judgement.Lsn, judgement.Conflict));
                return;
            }

            var type = ReferenceTenant.TypeOf(operation, version.Operation);
            Assert.Equal((Verdict.Conflicting, version.Lsn, type), (judgement.Verdict, judgement.Lsn, judgement.Conflict));
        });
    }

    /// <summary>The table of protocol 5.5, and that equal data are no conflict.</summary>
    [Theory]
    [InlineData(Operation.Insert, Operation.Insert, ConflictType.UniqueConstraintViolation)]
    [InlineData(Operation.Insert, Operation.Update, ConflictType.UniqueConstraintViolation)]
    [InlineData(Operation.Insert, Operation.Delete, ConflictType.DeletedOnServer)]
    [InlineData(Operation.Update, Operation.Insert, ConflictType.ConcurrentUpdate)]
    [InlineData(Operation.Update, Operation.Update, ConflictType.ConcurrentUpdate)]
    [InlineData(Operation.Update, Operation.Delete, ConflictType.DeletedOnServer)]
    [InlineData(Operation.Delete, Operation.Insert, ConflictType.UpdatedOnServer)]
    [InlineData(Operation.Delete, Operation.Update, ConflictType.UpdatedOnServer)]
    public void Concurrent_operations_conflict_as_the_table_says(Operation incoming, Operation standing, ConflictType type)
    {
        var stage = Standing(standing);
        var judgement = stage.Push("b", Tiny.Change(1, incoming, 0, 2));
        Assert.Equal((Verdict.Conflicting, type, 1L), (judgement.Verdict, judgement.Conflict, judgement.Lsn));
        Assert.Equal(1, stage.Tenant.Head);
    }

    [Theory]
    [InlineData(Operation.Insert, Operation.Insert)]
    [InlineData(Operation.Insert, Operation.Update)]
    [InlineData(Operation.Update, Operation.Insert)]
    [InlineData(Operation.Update, Operation.Update)]
    [InlineData(Operation.Delete, Operation.Delete)]
    public void Concurrent_changes_to_the_same_converge_and_write_nothing(Operation incoming, Operation standing)
    {
        var stage = Standing(standing);
        var judgement = stage.Push("b", Tiny.Change(1, incoming, 0, 1));
        Assert.Equal((Verdict.Converged, ConflictType.None, 1L), (judgement.Verdict, judgement.Conflict, judgement.Lsn));
        Assert.Equal(1, stage.Tenant.Head);
    }

    /// <summary>Empty data and a deletion have the same content hash, and are not the same.</summary>
    [Theory]
    [InlineData(Operation.Insert, Operation.Delete)]
    [InlineData(Operation.Update, Operation.Delete)]
    [InlineData(Operation.Delete, Operation.Insert)]
    [InlineData(Operation.Delete, Operation.Update)]
    public void A_deletion_and_empty_data_do_not_converge(Operation incoming, Operation standing)
    {
        var stage = Standing(standing, content: 0);
        Assert.Equal(Verdict.Conflicting, stage.Push("b", Tiny.Change(1, incoming, 0, 0)).Verdict);
    }

    /// <summary>The same number with another operation or content is another change.</summary>
    [Theory]
    [InlineData(Operation.Insert, 1, Verdict.Repeated)]
    [InlineData(Operation.Update, 1, Verdict.Converged)]
    [InlineData(Operation.Insert, 2, Verdict.Conflicting)]
    [InlineData(Operation.Delete, 0, Verdict.Conflicting)]
    public void A_repeat_is_the_same_number_with_the_same_operation_and_content(Operation operation, int content, Verdict verdict)
    {
        var stage = Standing(Operation.Insert);
        Assert.Equal(verdict, stage.Push("a", Tiny.Change(1, operation, 0, content)).Verdict);
    }

    private static Stage Standing(Operation operation, int content = 1)
    {
        var stage = new Stage();
        stage.Register("a");
        stage.Register("b");
        stage.Push("a", Tiny.Change(1, operation, 0, content));
        return stage;
    }

    /// <summary>It is accepted, unless it is that very deletion once more.</summary>
    private static void AssertKnown(Arena arena, ClientId client, RowVersion version, PushedChange change)
    {
        var own = arena.Tenant.StandingOf(client).Node == AuthorOf(arena, version);
        var same = change.Operation == version.Operation && change.Content == version.Content;
        var again = own && same && change.LocalLsn == version.LocalLsn;
        var judgement = Judge(arena, client, change);
        Assert.Equal(
            again ? (Verdict.Repeated, version.Lsn) : (Verdict.Accepted, arena.Tenant.Head + 1), (judgement.Verdict, judgement.Lsn));
    }

    private static Judgement Judge(Arena arena, ClientId client, PushedChange change)
    {
        var push = new Push(new Guid(1, 2, 3, new byte[8]), client, VectorClock.Empty, null, false, new[] { change }, default);
        var decision = arena.Tenant.Decide(push, Tiny.Now);
        Assert.Null(decision.Refusal);
        return decision.Event!.Judgements.Span[0];
    }

    private static NodeId AuthorOf(Arena arena, RowVersion version) => arena.Tenant.Freeze().Nodes[version.Author].Node;

    private static void ForEachRow(History history, Action<Arena, int, RowVersion, ClientId> check)
    {
        var arena = Arena.After(history);
        for (var row = 0; row < 4; row++)
        {
            if (arena.Tenant.TryGetRow(Tiny.Row(row), out var version))
            {
                foreach (var client in arena.Tenant.Freeze().Clients)
                {
                    check(arena, row, version, client.Client);
                }
            }
        }
    }
}
