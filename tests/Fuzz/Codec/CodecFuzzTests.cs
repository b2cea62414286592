namespace HeliosSync.Fuzz.Codec;

/// <summary>The short form: every committed input, then a short run from a fixed seed, on code that counts its branches.</summary>
public sealed class CodecFuzzTests
{
    private const int Seed = 1;
    private const long ExecutionsOfATarget = 2_500;

    /// <summary>Far fewer than any target reaches, more than a blind run would see: none.</summary>
    private const int EdgesMin = 5;

    public static TheoryData<string> Targets => [.. CodecFuzzer.Targets().Select(static t => t.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Every_input_of_the_corpus_keeps_its_targets_oracle(string name)
    {
        var target = Named(name);
        var inputs = Corpus.Built.Of(name).ToArray();
        Assert.NotEmpty(inputs);
        Assert.All(inputs, input => target.Run(input.Input));
    }

    /// <summary>A target that takes nothing, or everything, has an oracle that says nothing.</summary>
    [Theory]
    [MemberData(nameof(Targets))]
    public void Seeds_are_taken_and_spoilt_ones_are_not(string name)
    {
        var target = Named(name);
        Assert.Contains(target.Seeds(), target.Run);
        Assert.DoesNotContain(target.Seeds().Select(Spoilt), target.Run);
    }

    [Fact]
    public void A_short_run_on_code_that_counts_its_branches_finds_nothing()
    {
        using var code = new InstrumentedCode();
        var run = code.Copied(typeof(CodecFuzzTests)).GetMethod(nameof(ShortRun))!;
        Assert.Equal("", (string)run.Invoke(null, [])!);
    }

    /// <summary>Called by its name in the instrumented copy; gives what is wrong.</summary>
    public static string ShortRun()
    {
        foreach (var target in CodecFuzzer.Targets())
        {
            var loop = new FuzzLoop(target, Seed, new EdgeMap());
            var finding = loop.Begin(target.Seeds()) ?? loop.Run(ExecutionsOfATarget, static () => false);
            if (finding is not null)
            {
                return $"{target.Name}, input {Convert.ToHexString(finding.Input)}: {finding.Error}";
            }

            if (loop.Edges < EdgesMin || loop.Accepted == 0 || loop.Accepted == loop.Executions)
            {
                return $"{target.Name} is blind: {loop.Edges} edges, {loop.Accepted} of {loop.Executions} taken";
            }
        }

        return "";
    }

    /// <summary>One byte gone and the last one changed; nothing good is left of a short one.</summary>
    private static byte[] Spoilt(byte[] seed) => seed.Length < 8 ? [0xff, 0xff, 0xff] : [seed[0], seed[1], .. seed[3..^2], 0xff];

    private static FuzzTarget Named(string name) => CodecFuzzer.Targets().Single(t => t.Name == name);
}
