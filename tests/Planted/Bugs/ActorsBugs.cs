namespace HeliosSync.Planted;

/// <summary>Mistakes between decisions and the journal: src/Actors.</summary>
internal static class ActorsBugs
{
    private const string Cycle = "Actors/Tenants/TenantCycle.cs";
    private const string Requests = "Actors/SyncRequests.cs";

    public static PlantedBug AckBeforeWrite { get; } = new(
        "ack before the write",
        "a push is acknowledged when its event is handed to the journal, not when the journal has it",
        [
            new Edit(
                Cycle,
                "Persist(applied, from, Stored);",
                """
                Answer(from, Stored());
                        Persist(applied, static () => { });
                """),
        ],
        Probe.ActorTest("TenantCycleTests.Nothing_is_said_of_a_push_before_it_is_durable"));

    public static PlantedBug LsnOutsideTheStep { get; } = new(
        "LSN taken outside the serialized step",
        "LSNs are counted from the durable head, which moves only when a write is done; the check that would tell is gone with it",
        [
            new Edit(
                "Domain/Tenant.cs",
                """
                public PushDecision Decide(Push push, long nowMicros, ConflictPolicies? configured = null)
                    {
                """,
                """
                public PushDecision Decide(Push push, long nowMicros, ConflictPolicies? configured = null) =>
                        Decide(push, nowMicros, Head, configured);

                    public PushDecision Decide(Push push, long nowMicros, long head, ConflictPolicies? configured)
                    {
                """),
            new Edit(
                "Domain/Tenant.cs",
                "_judge.Decide(push, client.Node, serverNode, Head, Sequence + 1, nowMicros, policies)",
                "_judge.Decide(push, client.Node, serverNode, head, Sequence + 1, nowMicros, policies)"),
            new Edit("Domain/PushRecorder.cs", "firstLsn != head + 1", "firstLsn == 0"),
            new Edit(
                Cycle,
                "_tenant.Decide(push, now, services.Options.Policies)",
                "_tenant.Decide(push, now, _durable.Lsn, services.Options.Policies)"),
        ],
        Probe.ActorTest("InFlightTests.Pushes_that_are_in_flight_together_get_lsns_of_their_own"));

    public static PlantedBug TokenCountsEntries { get; } = new(
        "token that counts entries",
        "the next page begins as many LSNs further on as this one had entries",
        [
            new Edit(
                Requests, "plan.ServerNode, page.ServerLsn,", "plan.ServerNode, ask.After + page.Changes.Count,"),
        ],
        Probe.ActorTest("PageTests.Pages_of_a_filter_joined_by_their_tokens_give_each_change_once"));

    public static PlantedBug TailAboveDurableHead { get; } = new(
        "tail served above the durable head",
        "an event goes to the tail when it is applied, and pages go up to the head of the state",
        [
            new Edit(
                Cycle,
                """
                _snapshots.Count(written.Bytes);
                        return new Applied(
                """,
                """
                _snapshots.Count(written.Bytes);
                        if (_tenant.Head > before)
                        {
                            _tail.Add(before + 1, _tenant.Head, written.Bytes);
                        }

                        return new Applied(
                """),
            new Edit(Cycle, "_tail.Add(applied.HeadBefore + 1, applied.HeadAfter, applied.Event.Bytes);", ""),
            new Edit(
                Cycle,
                """
                return new PagePlan(
                            _durable.Lsn,
                """,
                """
                return new PagePlan(
                            _tenant.Head,
                """),
        ],
        Probe.ActorTest("InFlightTests.Nothing_is_said_of_a_push_before_it_is_durable"));

    public static PlantedBug SnapshotOfAnotherEvent { get; } = new(
        "snapshot stamped with another event's number",
        "the state is copied when the write is done, and by then holds later events than the one whose number it gets",
        [new Edit(Cycle, "outlet.Save(applied.Cut);", "outlet.Save(applied.Cut with { State = _tenant.Freeze() });")],
        Probe.ActorTest("InFlightTests.A_snapshot_kept_while_writes_are_in_flight_is_of_the_event_that_it_is_stamped_with"));

    public static PlantedBug ReplyForgotten { get; } = new(
        "a reply forgotten when the write fails",
        "only the caller whose write failed is answered, not those who waited behind it",
        [new Edit(Cycle, "foreach (var to in _owed)", "foreach (var to in _owed.Take(1))")],
        Probe.ActorTest("OwedAnswerTests.By_the_time_a_tenant_that_failed_speaks_again_everyone_has_an_answer"));

    public static PlantedBug TenantFilterMissing { get; } = new(
        "tenant filter missing in the page query",
        "the query asks for sequence numbers alone",
        [
            new Edit(
                "Actors/Journal/Schema.cs",
                "WHERE persistence_id = $id AND sequence_number BETWEEN",
                "WHERE sequence_number BETWEEN"),
        ],
        Probe.ActorTest("PageTests.Pages_repeats_and_reports_from_the_journal_hold_one_tenants_changes"));
}
