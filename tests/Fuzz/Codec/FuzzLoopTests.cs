using System.Text;

namespace HeliosSync.Fuzz.Codec;

/// <summary>The fuzzer itself: that it finds what is there, keeps it, and finds it again.</summary>
public sealed class FuzzLoopTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("heliossync-fuzz-test-");

    [Fact]
    public void An_oracle_that_does_not_hold_is_a_finding_with_its_input()
    {
        var target = new Toy(static input => input.Contains((byte)'!'));
        var finding = Run(target, 1, 100_000);
        Assert.NotNull(finding);
        Assert.Contains((byte)'!', finding.Input);
        Assert.IsType<OracleException>(finding.Error);
    }

    [Fact]
    public void The_same_seed_makes_the_same_inputs()
    {
        static byte[] Found(int seed) =>
            Run(new Toy(static input => input.Length > 40), seed, 100_000)!.Input;
        Assert.Equal(Found(7), Found(7));
        Assert.NotEqual(Found(7), Found(8));
    }

    [Fact]
    public void No_input_is_longer_than_its_target_allows()
    {
        var target = new Toy(static input => input.Length > Toy.BytesMax);
        Assert.Null(Run(target, 1, 20_000));
    }

    [Fact]
    public void A_kept_input_is_read_back()
    {
        var corpus = new Corpus(_folder.FullName);
        var file = corpus.Add("toy", [1, 2, 3], "finding-");
        Assert.Equal([(file, new byte[] { 1, 2, 3 })], corpus.Of("toy").Select(static c => (c.File, c.Input)));
        Assert.Empty(corpus.Of("other"));
    }

    [Theory]
    [InlineData("--executions", "0")]
    [InlineData("--target", "nothing")]
    [InlineData("--executions")]
    [InlineData("--sed", "1")]
    public void Arguments_that_are_none_are_refused(params string[] args) => Assert.Null(CodecOptions.TryParse(args));

    [Fact]
    public void A_reader_that_looks_past_its_end_answers_differently_elsewhere()
    {
        var bytes = Encoding.ASCII.GetBytes("abc");
        Assert.Equal(3, Oracle.SameInAnySurroundings(bytes, static b => b.Length));
        Assert.Throws<OracleException>(() => Oracle.SameInAnySurroundings(bytes, static b =>
            System.Runtime.InteropServices.MemoryMarshal.TryGetArray(b, out var whole) ? whole.Array![whole.Offset + whole.Count] : 0));
    }

    [Fact]
    public void Memory_past_its_bound_is_a_finding() => Assert.Throws<OracleException>(
        () => Oracle.Bounded(10, perByteMax: 10, besideMax: 100, static () => new byte[1_000]));

    public void Dispose() => _folder.Delete(recursive: true);

    private static Finding? Run(FuzzTarget target, int seed, long executions)
    {
        var loop = new FuzzLoop(target, seed, null);
        return loop.Begin(target.Seeds()) ?? loop.Run(executions, static () => false);
    }

    private sealed class Toy(Func<byte[], bool> isBroken) : FuzzTarget
    {
        public const int BytesMax = 64;

        public override string Name => "toy";

        public override int InputBytesMax => BytesMax;

        public override IEnumerable<byte[]> Seeds() => [[1, 2, 3]];

        public override bool Run(byte[] input)
        {
            Oracle.Holds(!isBroken(input), "the toy is whole");
            return true;
        }
    }
}
