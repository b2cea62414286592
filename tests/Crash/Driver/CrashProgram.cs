using System.Globalization;
using HeliosSync.Crash.Checking;
using HeliosSync.Crash.Faults;
using HeliosSync.Crash.History;

namespace HeliosSync.Crash.Driver;

/// <summary>The crash driver's command line.</summary>
internal sealed class CrashProgram(TextWriter output, bool live)
{
    private const int Passed = 0;
    private const int Failed = 1;
    private const int Misused = 2;

    private const string Usage = """
        dotnet run -c Release --project tests/Crash -- WHAT [N] [--seed S] [--history FOLDER] [--journal J]

          kills 1000         kill -9 under load
          recovery-kills 100 kill -9 at some moment of a start
          terms 100          SIGTERM under load
          disk-full 20       a disk that fills up under load             (Linux, root, ext4 on a loop device)
          cuts 500           power cuts under load                       (Linux, root, ext4 on a loop device)
          control 10         power cuts with synchronous=OFF: must lose  (Linux, root, ext4 on a loop device)
          all                all of them
          check FILE         holds the history in a file to the oracles

        J is sqlite, or akka-persistence-sql: how the server writes its journal.
        Exit code: 0 no violation, 1 one or a control that lost nothing, 2 wrong usage or a machine that cannot.
        """;

    private static readonly (string Name, FaultKind Kind, int Count, bool Control)[] Runs =
    [
        ("kills", FaultKind.Kill, 1_000, false),
        ("recovery-kills", FaultKind.RecoveryKill, 100, false),
        ("terms", FaultKind.Stop, 100, false),
        ("disk-full", FaultKind.DiskFull, 20, false),
        ("cuts", FaultKind.PowerCut, 500, false),
        ("control", FaultKind.PowerCut, 10, true),
    ];

    private int _seed = 1;
    private string _journal = "sqlite";
    private string _histories = Path.Combine(Path.GetTempPath(), $"heliossync-crash-{Environment.ProcessId}-histories");

    /// <summary>Runs what the arguments ask for; gives the exit code.</summary>
    public async Task<int> RunAsync(IReadOnlyList<string> args, CancellationToken ct)
    {
        if (args is ["check", var file])
        {
            return await CheckAsync(file);
        }

        if (!TryPlan(args, out var plans))
        {
            await output.WriteLineAsync(Usage);
            return Misused;
        }

        if (plans.Any(static p => p.NeedsDisk) && await LoopDisk.WhyNotAsync() is { } reason)
        {
            await output.WriteLineAsync($"Not on this machine: {reason}");
            return Misused;
        }

        var verdicts = new List<Verdict>();
        foreach (var plan in plans)
        {
            verdicts.Add(await new Campaign(plan, output, live).RunAsync(ct));
            await output.WriteLineAsync(verdicts[^1].ToString());
        }

        if (!verdicts.All(static v => v.Passed))
        {
            return Failed;
        }

        // Nothing but what is evidence is left there.
        if (Directory.GetFileSystemEntries(_histories).Length == 0)
        {
            Directory.Delete(_histories);
        }

        return Passed;
    }

    private bool TryPlan(IReadOnlyList<string> args, out List<Plan> plans)
    {
        plans = [];
        var (words, count) = (new List<string>(), 0);
        for (var i = 0; i < args.Count; i++)
        {
            var hasValue = i + 1 < args.Count;
            if (args[i] == "--seed" && hasValue && int.TryParse(args[i + 1], CultureInfo.InvariantCulture, out _seed))
            {
                i++;
            }
            else if (args[i] == "--history" && hasValue)
            {
                _histories = Path.GetFullPath(args[++i]);
            }
            else if (args[i] == "--journal" && hasValue && args[i + 1] is ("sqlite" or "akka-persistence-sql"))
            {
                _journal = args[++i];
            }
            else
            {
                words.Add(args[i]);
            }
        }

        var counted = words.Count == 2 && int.TryParse(words[1], CultureInfo.InvariantCulture, out count) && count > 0;
        if (words.Count != 1 && !counted)
        {
            return false;
        }

        foreach (var run in Runs.Where(r => words[0] == "all" || r.Name == words[0]))
        {
            plans.Add(new Plan(run.Kind, counted ? count : run.Count, _seed)
            {
                Control = run.Control,
                Journal = _journal,
                HistoryDir = _histories,
            });
        }

        return plans.Count > 0;
    }

    private async Task<int> CheckAsync(string file)
    {
        var checker = new Checker();
        foreach (var entry in HistoryFile.Read(file))
        {
            checker.Add(entry);
        }

        foreach (var violation in checker.Findings.Shown)
        {
            await output.WriteLineAsync(violation.ToString());
        }

        var f = checker.Figures;
        await output.WriteLineAsync(
            $"{checker.Findings.Count} violations; {f.Acknowledged} pushes acknowledged, {f.Lost} lost, {f.Doubled} doubled");
        return checker.Findings.Count == 0 ? Passed : Failed;
    }
}
