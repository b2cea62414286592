using System.Diagnostics;
using System.Globalization;

namespace HeliosSync.Fuzz.Codec;

/// <summary>One run of the command <c>codec</c>, inside the instrumented copy of the program.</summary>
internal sealed class CodecSession(CodecOptions options, TextWriter output, CancellationToken ct)
{
    private const int SavedBytesMax = 2_048;

    private static readonly TimeSpan HangAfter = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ProgressEvery = TimeSpan.FromSeconds(5);

    private readonly Corpus _corpus = Corpus.InSource();
    private (FuzzLoop? Loop, long Executions, TimeSpan At) _progress;

    /// <summary>Called by its name, from the other copy of the program: 0 without a finding, 1 with one, 2 where misused.</summary>
    public static int Run(IReadOnlyList<string> args, TextWriter output, CancellationToken ct)
    {
        if (CodecOptions.TryParse(args) is not { } options)
        {
            output.WriteLine(CodecOptions.Usage);
            return Program.Misused;
        }

        var session = new CodecSession(options, output, ct);
        return options.Input is null ? session.Fuzz() : session.Replay();
    }

    private int Replay()
    {
        var target = CodecFuzzer.Targets().Single(t => t.Name == options.Target);
        var isTaken = target.Run(File.ReadAllBytes(options.Input!));
        output.WriteLine($"{target.Name}: no finding; the input is {(isTaken ? "taken" : "refused")}.");
        return 0;
    }

    private int Fuzz()
    {
        var clock = Stopwatch.StartNew();
        var targets = CodecFuzzer.Targets().Where(t => options.Target is null || t.Name == options.Target).ToArray();
        var shares = targets.Sum(static t => t.Share);
        long executions = 0;
        var edges = 0;
        var findings = 0;
        foreach (var target in targets)
        {
            var map = new EdgeMap();
            var loop = new FuzzLoop(target, options.Seed, map);
            if (Fuzz(loop, ((options.Executions * target.Share) + shares - 1) / shares) is { } finding)
            {
                Report(finding);
                findings++;
            }

            executions += loop.Executions;
            edges += loop.Edges;
            if (options.Save && findings == 0)
            {
                output.WriteLine($"{target.Name}: kept {_corpus.AddSmallest(target, loop.Corpus, SavedBytesMax)} inputs");
            }
        }

        var stopped = ct.IsCancellationRequested ? " Stopped before its end." : "";
        var inAll = Text($"codec: {executions:N0} executions, {edges:N0} edges, {clock.Elapsed:hh\\:mm\\:ss}");
        output.WriteLine(Text($"{inAll}: {findings} findings.{stopped}"));
        return findings == 0 ? 0 : 1;
    }

    private Finding? Fuzz(FuzzLoop loop, long executions)
    {
        var clock = Stopwatch.StartNew();
        using var watch = new Timer(_ => Watch(loop, clock), null, ProgressEvery, ProgressEvery);
        var finding = loop.Begin(loop.Target.Seeds().Concat(_corpus.Of(loop.Target.Name).Select(static c => c.Input)))
            ?? loop.Run(executions, () => ct.IsCancellationRequested);
        WriteProgress(loop, clock.Elapsed);
        return finding;
    }

    /// <summary>A progress line; and where one input has been running for too long, that is a finding too.</summary>
    private void Watch(FuzzLoop loop, Stopwatch clock)
    {
        if (_progress.Loop != loop || _progress.Executions != loop.Executions)
        {
            _progress = (loop, loop.Executions, clock.Elapsed);
            WriteProgress(loop, clock.Elapsed);
        }
        else if (clock.Elapsed - _progress.At > HangAfter)
        {
            Report(new Finding(loop.Target.Name, loop.Running, new TimeoutException($"It runs for more than {HangAfter.TotalSeconds} s.")));
            Environment.Exit(1);
        }
    }

    private void WriteProgress(FuzzLoop loop, TimeSpan elapsed)
    {
        var work = Text($"{loop.Target.Name,-10} {loop.Executions,12:N0} executions {loop.Executions / elapsed.TotalSeconds,10:N0}/s");
        var taken = 100.0 * loop.Accepted / Math.Max(1, loop.Executions);
        output.WriteLine(Text($"{work}  corpus {loop.Corpus.Count,6:N0}  edges {loop.Edges,6:N0}  taken {taken,5:N1} %"));
    }

    private void Report(Finding finding)
    {
        var file = _corpus.Add(finding.Target, finding.Input, "finding-");
        output.WriteLine($"{finding.Target}: FINDING {finding.Error}");
        output.WriteLine($"The input is in {file}; run it again with");
        output.WriteLine($"dotnet run -c Release --project tests/Fuzz -- codec --target {finding.Target} --input {file}");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
