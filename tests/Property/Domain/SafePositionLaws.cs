using FsCheck.Xunit;

namespace HeliosSync.Property;

/// <summary>No answer carries a position that makes a client skip, or claim to know, a change it was not given (protocol 5.4).</summary>
public sealed class SafePositionLaws
{
    [Property(Arbitrary = [typeof(TinyArbitraries)], MaxTest = 400)]
    public void The_naive_client_misses_nothing_and_overwrites_nothing_it_was_not_given(RandomSeed seed) => Run(seed);

    [Fact]
    public void Naive_clients_meet_everything_that_could_mislead_them()
    {
        var seen = Enumerable.Range(0, 60).SelectMany(seed => Run(new RandomSeed(seed))).ToHashSet();
        string[] expected =
        [
            "Accepted", "Converged", "Conflicting", "Withdrawn",
            "follows", "does not follow", "repeat", "answer lost", "filtered", "reinstalled", "server restarted",
        ];
        Assert.Empty(expected.Except(seen));
    }

    private static HashSet<string> Run(RandomSeed seed)
    {
        var random = new Random(seed.Value);
        var stage = new Stage();
        NaiveClient[] clients = [new(stage, "a", random), new(stage, "b", random), new(stage, "c", random)];
        var seen = new HashSet<string>();
        for (var i = 0; i < 60; i++)
        {
            clients[random.Next(clients.Length)].Act();
            if (random.Next(20) == 0)
            {
                stage.Restart();
                seen.Add("server restarted");
            }
        }

        foreach (var client in clients)
        {
            client.End();
            seen.UnionWith(client.Seen);
        }

        return seen;
    }
}
