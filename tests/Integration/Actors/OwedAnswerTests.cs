using HeliosSync.Actors;
using HeliosSync.Domain;

namespace HeliosSync.Integration.Actors;

/// <summary>After a failed write Akka calls nobody back; the tenant must remember whom it owes an answer.</summary>
public sealed class OwedAnswerTests
{
    /// <summary>Nobody needs so long; without a bound, whoever is forgotten would hang the test instead of failing it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>The first write fails with others behind it. Once the tenant speaks again, all it was asked before is answered.</summary>
    [Fact]
    public async Task By_the_time_a_tenant_that_failed_speaks_again_everyone_has_an_answer()
    {
        await using var rig = new ServerRig(static options => options with { AnswerTimeout = Timeout.InfiniteTimeSpan });
        await rig.RegisterAsync("a", "c");
        rig.Sql("CREATE TRIGGER fail BEFORE INSERT ON journal BEGIN SELECT RAISE(ABORT, 'no space left'); END");
        Task<Reply<PushReply>>[] pushes;
        Task<Reply<RegisterReply>> registered;
        using (rig.HoldWrites())
        {
            pushes = [.. Enumerable.Range(1, 8).Select(i => rig.PushAsync("a", rig.Inserts("c", Guid.NewGuid(), (i, $"k{i}", "v"))))];
            registered = rig.RegisterAsync("a", "c");

            // Answered at once, and after them: so the tenant holds them all, and none of them can be answered by its parent.
            Assert.Empty(await rig.PullAllAsync("a", "c"));
        }

        while ((await rig.RegisterAsync("a", "c").WaitAsync(Patience)).Refusal is not null)
        {
            await Task.Delay(20);
        }

        var answers = await Task.WhenAll(pushes).WaitAsync(Patience);
        Assert.All(answers, answer => Assert.Equal(ErrorCode.StorageUnavailable, answer.Refusal?.Code));
        Assert.Equal(ErrorCode.StorageUnavailable, (await registered.WaitAsync(Patience)).Refusal?.Code);
    }
}
