namespace HeliosSync.Planted;

/// <summary>Mistakes in what is decided: src/Domain.</summary>
internal static class DomainBugs
{
    public static PlantedBug WindowInMemory { get; } = new(
        "message-id window only in memory",
        "`Decide` remembers the id instead of `Apply`: what is replayed from the journal is not remembered",
        [
            new Edit(
                "Domain/Tenant.cs",
                "var judged = _judge.Decide(push, client.Node, serverNode, Head, Sequence + 1, nowMicros, policies);",
                """
                var judged = _judge.Decide(push, client.Node, serverNode, Head, Sequence + 1, nowMicros, policies);
                        client.Remember(new WindowEntry(push.Message, push.Digest, Sequence + 1));
                """),
            new Edit(
                "Domain/PushRecorder.cs",
                "client.Remember(new WindowEntry(pushed.Message, pushed.Digest, sequence));",
                ""),
        ],
        Probe.Law("JournalReplayLaws.After_a_replay_every_push_of_the_window_is_known"));

    public static PlantedBug SharedWindow { get; } = new(
        "window shared between tenants",
        "the windows are kept by client, in one table for all tenants",
        [
            new Edit(
                "Domain/Roster.cs",
                "private readonly List<NodeState> _nodes = [];",
                """
                private static readonly System.Collections.Concurrent.ConcurrentDictionary<ClientId, MessageWindow> Windows = new();
                    private readonly List<NodeState> _nodes = [];
                """),
            new Edit(
                "Domain/Roster.cs",
                "client = new Client(e.Client, e.AtMicros, new MessageWindow([]));",
                "client = new Client(e.Client, e.AtMicros, Windows.GetOrAdd(e.Client, _ => new MessageWindow([])));"),
        ],
        Probe.Law("TenantLaws.What_happens_in_one_tenant_never_matters_to_another"));

    public static PlantedBug EqualIsConcurrent { get; } = new(
        "equal clocks called concurrent",
        "a context must be above the version, not at it, to count as knowledge of it",
        [
            new Edit("Domain/Judge.cs", "context.ServerLsn >= version.Lsn", "context.ServerLsn > version.Lsn"),
            new Edit(
                "Domain/Judge.cs",
                "change.Clock[roster[version.Author].Node] >= version.Counter",
                "change.Clock[roster[version.Author].Node] > version.Counter"),
        ],
        Probe.Law("ConflictLaws.A_context_with_the_versions"));

    public static PlantedBug MessageClockTrusted { get; } = new(
        "message-level clock trusted",
        "a change's context is its clock joined with the message's",
        [
            new Edit(
                "Domain/Judge.cs",
                "new Context(in change, serverNode, node.Node)",
                "new Context(change with { Clock = change.Clock.Merge(push.Clock) }, serverNode, node.Node)"),
        ],
        Probe.Law("LostUpdateTraps.A_message_clock_that_knows_more_than_the_change_excuses_nothing"));

    public static PlantedBug ServerLsnIsHead { get; } = new(
        "`server_lsn` = head",
        "a push is answered with the head it reached, whatever others wrote before it",
        [new Edit("Domain/Tenant.cs", "follows ? Head + accepted : position", "Head + accepted")],
        Probe.Law("PositionTests.A_push_after_somebody_elses_leaves_the_position"));

    public static PlantedBug OwnIsForeign { get; } = new(
        "own writes treated as foreign",
        "a node's version counts as its own only for the very same change (rule 2), not for its next one (rule 4)",
        [
            new Edit(
                "Domain/Judge.cs",
                "var own = version.Author == author;",
                "var own = version.Author == author && change.LocalLsn == version.LocalLsn;"),
        ],
        Probe.Law("LostUpdateTraps.A_client_whose_numbers_went_back_and_does_not_say_so_is_superseded_and_told"));

    public static PlantedBug LocalWins { get; } = new(
        "tie broken by \"local wins\"",
        "of two concurrent changes the server's own stands, and the other is acknowledged without a report",
        [
            new Edit(
                "Domain/Judge.cs", "same ? Verdict.Converged : Verdict.Conflicting", "same ? Verdict.Converged : Verdict.Superseded"),
        ],
        Probe.Law("ConflictLaws.Concurrent_operations_conflict_as_the_table_says"));
}
