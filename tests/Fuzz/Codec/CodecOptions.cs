using System.Globalization;

namespace HeliosSync.Fuzz.Codec;

/// <summary>What the command <c>codec</c> is asked for.</summary>
/// <param name="Executions">In all, parted among the targets.</param>
/// <param name="Seed">Of every target's chance.</param>
/// <param name="Target">Only this one; null for all.</param>
/// <param name="Input">A file to run once, instead of fuzzing; null for none.</param>
/// <param name="Save">Whether the corpus on disk takes the smallest inputs that reach what was reached.</param>
internal sealed record CodecOptions(long Executions, int Seed, string? Target, string? Input, bool Save)
{
    public const string Usage =
        "codec [--executions N] [--seed N] [--target NAME] [--save yes]   or   codec --target NAME --input FILE";

    /// <summary>Null where the arguments are none of these.</summary>
    public static CodecOptions? TryParse(IReadOnlyList<string> args)
    {
        var options = new CodecOptions(1_000_000, 1, null, null, false);
        for (var i = 0; i < args.Count; i += 2)
        {
            var value = i + 1 < args.Count ? args[i + 1] : "";
            var number = long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : -1;
            switch (args[i])
            {
                case "--executions" when number > 0:
                    options = options with { Executions = number };
                    break;
                case "--seed" when number is >= 0 and <= int.MaxValue:
                    options = options with { Seed = (int)number };
                    break;
                case "--target" when CodecFuzzer.Targets().Any(t => t.Name == value):
                    options = options with { Target = value };
                    break;
                case "--input" when File.Exists(value):
                    options = options with { Input = value };
                    break;
                case "--save" when value == "yes":
                    options = options with { Save = true };
                    break;
                default:
                    return null;
            }
        }

        return options.Input is not null && options.Target is null ? null : options;
    }
}
