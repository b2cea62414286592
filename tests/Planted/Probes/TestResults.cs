using System.Xml.Linq;

namespace HeliosSync.Planted;

/// <summary>What a run of a test suite wrote down (the test platform's trx form).</summary>
internal static class TestResults
{
    private static readonly XNamespace Trx = "http://microsoft.com/schemas/VisualStudio/TeamTest/2010";

    /// <summary>A failure with one of these is the work of the exchange of an assembly, not of the bug in it.</summary>
    private static readonly string[] Unlinked =
        ["TypeLoadException", "MissingMethodException", "MissingFieldException", "FileLoadException", "BadImageFormatException",
            "FileNotFoundException : Could not load", "MethodAccessException", "FieldAccessException"];

    public static Finding Read(string file)
    {
        var results = XDocument.Load(file).Descendants(Trx + "UnitTestResult").ToArray();
        var failed = results.Where(r => (string?)r.Attribute("outcome") == "Failed").ToArray();
        if (results.Length == 0)
        {
            return Finding.Broken("no test ran");
        }

        if (failed.Length == 0)
        {
            return new Finding(Ending.Passes, [], results.Length, "");
        }

        var said = failed.Select(Message).ToArray();
        if (said.FirstOrDefault(IsUnlinked) is { } unlinked)
        {
            return Finding.Broken(unlinked);
        }

        var names = failed.Select(NameOf).Distinct().Order(StringComparer.Ordinal).ToArray();
        return new Finding(Ending.Caught, names, results.Length, said[0]);
    }

    /// <summary>Whether a failure comes of an assembly that does not fit the others.</summary>
    public static bool IsUnlinked(string message) => Unlinked.Any(u => message.Contains(u, StringComparison.Ordinal));

    private static string Message(XElement result) => result.Descendants(Trx + "Message").FirstOrDefault()?.Value.Trim() ?? "";

    /// <summary>Class and method; the cases of a theory are one test.</summary>
    private static string NameOf(XElement result)
    {
        var full = (string)result.Attribute("testName")!;
        var arguments = full.IndexOf('(', StringComparison.Ordinal);
        var parts = (arguments < 0 ? full : full[..arguments]).Split('.');
        return string.Join('.', parts[^2..]);
    }
}
