using HeliosSync.Load;
using HeliosSync.Load.Clients;

namespace HeliosSync.Integration.LoadTool;

/// <summary>
/// The load tool in its short forms, against the real server in a process of its own. No figure is judged here: only that the runs
/// come to their end, and that what clients believe is what the server holds.
/// </summary>
public sealed class LoadRunTests
{
    [Fact]
    public Task Clients_that_push_batches_find_at_the_server_what_they_were_told() => Passes(
        "push-batches", "--seconds", "1", "--rounds", "2", "--warm-up", "1", "--clients", "3", "--batch", "20");

    [Fact]
    public Task A_tenant_that_grew_large_is_whole_after_each_kill_and_stop() => Passes(
        "large-tenant", "--rows", "6000", "--batch", "500", "--restarts", "1", "--pages", "3", "--clients", "2");

    /// <summary>
    /// A server with room for a few requests, and more clients than that: what is turned away comes back, and is done once.
    /// </summary>
    [Fact]
    public Task Twice_what_the_server_can_serve_loses_nothing_and_is_refused_in_order() => Passes(
        "overload", "--seconds", "6", "--tenants", "3", "--clients", "30");

    [Fact]
    public Task Clients_and_tenants_that_come_and_go_are_served_while_the_server_is_watched() => Passes(
        "soak", "--seconds", "8", "--clients", "4");

    [Fact]
    public Task Readers_of_a_kilobyte_a_second_miss_nothing_beside_a_full_load() => Passes(
        "slow-readers", "--seconds", "2", "--rounds", "2", "--warm-up", "0", "--clients", "2");

    [Fact]
    public Task Small_pushes_of_many_tenants_are_all_found_also_those_that_were_injected() => Passes(
        "small-pushes-many-tenants", "--seconds", "1", "--rounds", "1", "--warm-up", "0", "--tenants", "20");

    [Theory]
    [InlineData("pull-from-zero")]
    [InlineData("pull-hot")]
    public Task Clients_that_pull_again_and_again_are_given_what_the_server_holds(string scenario) => Passes(
        scenario, "--seconds", "1", "--rounds", "1", "--warm-up", "0", "--rows", "2500", "--clients", "3");

    [Fact]
    public Task Clients_that_push_pull_and_beat_end_with_all_that_was_acknowledged() => Passes(
        "mixed", "--seconds", "1", "--rounds", "1", "--warm-up", "0", "--tenants", "2", "--clients", "3");

    [Fact]
    public Task Clients_that_all_come_back_at_once_get_everything_also_after_a_kill() => Passes(
        "reconnect-storm", "--tenants", "4", "--clients", "20");

    [Fact]
    public Task Tenants_large_and_small_and_many_hold_what_was_pushed_while_their_costs_were_compared() => Passes(
        "flat", "--seconds", "1", "--rounds", "1", "--warm-up", "0", "--rows", "2000", "--tenants", "10", "--clients", "2");

    [Fact]
    public Task A_server_whose_memory_is_weighed_makes_its_snapshot_and_loses_nothing() => Passes(
        "memory", "--rows", "3000", "--seconds", "1", "--clients", "2");

    /// <summary>The baselines too are held to what their clients believe, as far as they store anything.</summary>
    [Fact]
    public Task Ours_and_the_baselines_all_do_the_work_that_is_compared() => Passes(
        "compare", "--seconds", "1", "--rounds", "1", "--warm-up", "0", "--rows", "1000", "--tenants", "10", "--clients", "2");

    [Fact]
    public Task Two_servers_with_other_settings_do_the_same_work_in_turn() => Passes(
        "versus", "--seconds", "1", "--rounds", "1", "--warm-up", "0", "--rows", "1000", "--tenants", "10", "--clients", "2",
        "--set", "DOTNET_TieredPGO=0");

    [Theory]
    [InlineData("1")]
    [InlineData("3")]
    public Task Each_stream_has_each_push_once_and_so_has_each_pull_that_waits(string tenants) => Passes(
        "streams", "--streams", "60", "--tenants", tenants, "--rounds", "1");

    [Theory]
    [InlineData("versus", "--other", "no such folder")]
    [InlineData("versus", "--set", "NAME")]
    [InlineData("no-such-scenario")]
    [InlineData("push-batches", "--seconds")]
    [InlineData("push-batches", "--seconds", "soon")]
    [InlineData("push-batches", "--seconds", "0")]
    [InlineData("push-batches", "--no-such-option", "1")]
    [InlineData("push-batches", "--report", "page.html")]
    public async Task Wrong_usage_runs_nothing_and_shows_the_right_one(params string[] args)
    {
        using var output = new StringWriter();
        Assert.Equal(2, await new LoadProgram(output, live: false).RunAsync(args, CancellationToken.None));
        Assert.Contains("--no-limits", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_belief_that_differs_from_what_the_server_holds_is_noticed()
    {
        const int Changes = 10;
        var plan = new PushPlan("audit", 1, Changes / 2, DataBytes: 30, Base64: false, RowsEach: Changes / 2);
        await using var site = new Site();
        using var clients = new PushingClients(plan, site.Tokens);
        clients.Connect((await site.StartServerAsync(CancellationToken.None)).Address);
        await clients.RegisterAsync(CancellationToken.None);
        for (var pushes = 0; pushes < 2; pushes++)
        {
            clients.Prepare(0);
            Assert.Null((await clients.PushAsync(0, CancellationToken.None)).Error);
        }

        Assert.True(await HoldsAsync(lsn => lsn, Changes));
        Assert.False(await HoldsAsync(lsn => lsn, Changes - 1));
        Assert.False(await HoldsAsync(lsn => lsn, Changes + 1));
        Assert.False(await HoldsAsync(lsn => lsn == 4 ? 5 : lsn == 5 ? 4 : lsn, Changes));
        Assert.False(await HoldsAsync(lsn => lsn == 5 ? 4 : lsn, Changes));
        Assert.False(await HoldsAsync(lsn => lsn, Changes, plan with { DataBytes = plan.DataBytes - 1 }));
        Assert.False(await HoldsAsync(lsn => lsn, Changes, plan with { RowsEach = null }));

        async Task<bool> HoldsAsync(Func<long, long> localLsnAt, int believed, PushPlan? pushed = null)
        {
            var ledger = new Ledger();
            for (var lsn = 1L; lsn <= believed; lsn++)
            {
                ledger.Note(0, localLsnAt(lsn), lsn);
            }

            return (await new Audit(clients.First, ledger, pushed ?? plan).RunAsync(CancellationToken.None)).Holds;
        }
    }

    [Fact]
    public void Two_changes_at_one_lsn_are_a_contradiction()
    {
        var ledger = new Ledger();
        ledger.Note(0, 1, 1);
        ledger.Note(1, 1, 1);
        Assert.Single(ledger.Contradictions);
        Assert.Equal(1, ledger.Count);
    }

    [Fact]
    public void A_refusal_that_says_not_when_to_come_again_is_noticed()
    {
        const string Body = """{"error":"full","code":"OVERLOADED","details":null,"request_id":"r"}""";
        var soon = TimeSpan.FromSeconds(1);
        Assert.True(Holds(503, Body, soon));
        Assert.True(Holds(429, Body.Replace("OVERLOADED", "RATE_LIMITED", StringComparison.Ordinal), soon));
        Assert.False(Holds(503, Body, null));
        Assert.False(Holds(503, Body, TimeSpan.FromHours(1)));
        Assert.False(Holds(429, Body, soon));
        Assert.False(Holds(500, Body.Replace("OVERLOADED", "INTERNAL_ERROR", StringComparison.Ordinal), soon));
        Assert.False(Holds(503, """{"code":"OVERLOADED","details":null,"request_id":"r"}""", soon));
        Assert.False(Holds(503, "", soon));
        Assert.False(Holds(0, "", null));

        static bool Holds(int status, string body, TimeSpan? retryAfter)
        {
            var refusals = new Refusals();
            refusals.Note(new Answer(status, System.Text.Encoding.UTF8.GetBytes(body), 0, retryAfter));
            Assert.Equal(1, refusals.Count);
            return Refusals.Judge([refusals]).Holds;
        }
    }

    private static async Task Passes(params string[] args)
    {
        using var output = new StringWriter();
        var code = await new LoadProgram(output, live: false).RunAsync([.. args, "--no-limits"], CancellationToken.None);
        Assert.True(code == 0, output.ToString());
    }
}
