using System.Diagnostics;
using System.Globalization;

namespace HeliosSync.Baselines.Bare;

/// <summary>
/// Drives a <see cref="GroupWriter"/> in its own process: so many tenants, each of which stores its next event once the last one is
/// durable. Every line of input is a number of seconds to do so for, at least once each; the answer is a line of events stored and
/// microseconds of CPU time, user and system, that the whole process took for them.
/// </summary>
internal static class StoreProgram
{
    public static async Task RunAsync(string folder, int tenants, bool keyed, TextReader input, TextWriter output)
    {
        byte[][] events = [.. Directory.GetFiles(Path.Combine(folder, "events")).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];
        var names = Enumerable.Range(0, tenants).Select(static t => string.Create(CultureInfo.InvariantCulture, $"tenant-{t}")).ToArray();
        var numbers = new long[tenants];
        using var writer = new GroupWriter(Path.Combine(folder, keyed ? "keyed.db" : "bare.db"), keyed);
        while (await input.ReadLineAsync() is { } line)
        {
            var during = TimeSpan.FromSeconds(double.Parse(line, CultureInfo.InvariantCulture));
            var (before, cpu, begun) = (numbers.Sum(), Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
            await Task.WhenAll(Enumerable.Range(0, tenants).Select(tenant => Task.Run(async () =>
            {
                do
                {
                    var number = ++numbers[tenant];
                    await writer.StoreAsync(names[tenant], number, events[(tenant + number) % events.Length]);
                }
                while (Stopwatch.GetElapsedTime(begun) < during);
            })));
            var spent = Environment.CpuUsage.TotalTime - cpu;
            if (writer.Count() != numbers.Sum())
            {
                throw new InvalidDataException($"{numbers.Sum()} events were stored and {writer.Count()} are there.");
            }

            await output.WriteLineAsync(
                string.Create(CultureInfo.InvariantCulture, $"{numbers.Sum() - before} {(long)spent.TotalMicroseconds}"));
            await output.FlushAsync();
        }
    }
}
