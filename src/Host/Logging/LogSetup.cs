using Microsoft.Extensions.Logging.Console;

namespace HeliosSync.Host;

/// <summary>Logging of the program itself; an embedding program logs as it likes.</summary>
internal static class LogSetup
{
    /// <summary>What the framework says of itself is kept to warnings, except where a directive names it.</summary>
    private static readonly string[] Framework = ["Microsoft", "System", "Akka"];

    /// <summary>Lines on standard output, by the directive, and nothing else.</summary>
    public static void Use(ILoggingBuilder logging, LogDirective directive)
    {
        logging.ClearProviders();
        logging.AddConsole(static console =>
        {
            console.FormatterName = LineFormatter.FormatterName;
            // A terminal that stands still must not stop the server: lines are lost instead, and the queue is bounded.
            console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
        });
        logging.AddConsoleFormatter<LineFormatter, ConsoleFormatterOptions>();
        logging.SetMinimumLevel(directive.Root);
        foreach (var category in Framework)
        {
            logging.AddFilter(category, directive.Root > LogLevel.Warning ? directive.Root : LogLevel.Warning);
        }

        // A start that fails is told by the program in one sentence; the framework would add a stack trace.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        // It says nothing that is not said by the server's own log, but where it may speak, each request is given an activity and a scope.
        logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        foreach (var (category, level) in directive.Categories)
        {
            logging.AddFilter(category, level);
        }
    }
}
