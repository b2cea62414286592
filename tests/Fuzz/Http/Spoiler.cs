namespace HeliosSync.Fuzz.Http;

/// <summary>Changes a body at any level: structure, names, values, and at last bytes. Some changes leave it good, as it happens.</summary>
internal static class Spoiler
{
    /// <summary>Values that stand in for others. What each field makes of them, the model tells.</summary>
    private static readonly string[] Values =
    [
        "null", "true", "false", "0", "-0", "-1", "1", "255", "256", "4294967295", "4294967296", "9007199254740991", "9007199254740992",
        "18446744073709551616", "1.0", "1e3", "0.5", "007", "NaN", "Infinity", "0x10", "+1", "1.", ".5", "\"\"", "\"5\"", "\"true\"", "[]",
        "{}", "[null]", "[1,2,3]", "[256]", "[-1]", "[1.5]", "[\"1\"]", "[[1]]", "{\"a\":1}", "{\"clocks\":{}}", "{\"clocks\":{\"b\":1}}",
        "{\"b\":1,\"b\":2}", "{\"a b\":1}", "{\"b\":-1}", "\"AB==\"", "\"QUJD\"", "\"-_-_\"", "\"QR==\"", "\"../x\"", "\"a\\u0000b\"",
        "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\ud83d\\ude00\"", "\"\\u202e\"", "\"clocks\"", "\"a#b\"", "\"a#b#c\"", "\"Insert\"",
        "\"Upsert\"", "\"2025-13-01T00:00:00Z\"", "\"2025-01-01T00:00:00\"", "\"9999-12-31T23:59:59-23:59\"",
        "\"0001-01-01T00:00:00+01:00\"",
        "\"2025-06-30T23:59:60Z\"", "\"2025-01-01t00:00:00z\"", "\"tasks'; DROP TABLE journal; --\"",
        "\"00000000-0000-0000-0000-000000000000\"",
        "\"550E8400-E29B-41D4-A716-446655440000\"", "\"{550e8400-e29b-41d4-a716-446655440000}\"", "\"\\x\"", "'x'", "undefined", "",
    ];

    private static readonly byte[][] Bytes =
    [
        [0x80], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82], [0x00], [0x01], [0x1b], [0x7f], [0x0a],
        [(byte)'"'],
        [(byte)'\\'], [(byte)'{'], [(byte)'}'], [(byte)'['], [(byte)']'], [(byte)','], [(byte)':'], [0xef, 0xbb, 0xbf], [.. "/**/"u8],
    ];

    /// <summary>The bytes of that body, with one to three things done to it.</summary>
    public static byte[] Spoil(Obj body, Random chance)
    {
        var times = 1 + chance.Next(3);
        var byBytes = 0;
        for (var i = 0; i < times; i++)
        {
            if (chance.Next(4) == 0)
            {
                byBytes++;
            }
            else
            {
                SpoilTree(body, chance);
            }
        }

        var bytes = body.ToBytes(chance);
        for (var i = 0; i < byBytes; i++)
        {
            bytes = SpoilBytes(bytes, chance);
        }

        return bytes;
    }

    /// <summary>One change of bytes.</summary>
    public static byte[] SpoilBytes(byte[] bytes, Random chance)
    {
        var at = chance.Next(bytes.Length + 1);
        var some = Bytes[chance.Next(Bytes.Length)];
        switch (chance.Next(8))
        {
            case 0:
                return bytes[..at];
            case 1:
                return [.. bytes[..at], .. some, .. bytes[at..]];
            case 2 when at < bytes.Length:
                return [.. bytes[..at], .. bytes[(at + 1)..]];
            case 3 when at < bytes.Length:
                bytes = [.. bytes];
                bytes[at] ^= (byte)(1 << chance.Next(8));
                return bytes;
            case 4:
                return [.. bytes, .. some];
            case 5:
                return [.. bytes, .. bytes];
            case 6:
                var to = at + chance.Next(bytes.Length - at + 1);
                return [.. bytes[..at], .. bytes[to..], .. bytes[at..to]];
            default:
                return [.. bytes[..at], (byte)chance.Next(256), .. bytes[at..]];
        }
    }

    private static void SpoilTree(Obj body, Random chance)
    {
        var all = new List<Node>();
        Collect(body, all);
        switch (all[chance.Next(all.Count)])
        {
            case Obj some when some.Fields.Count > 0:
                SpoilObject(some, chance);
                break;
            case Arr some when some.Items.Count > 0:
                SpoilArray(some, chance);
                break;
            default:
                SpoilObject(body, chance);
                break;
        }
    }

    private static void SpoilObject(Obj some, Random chance)
    {
        var at = chance.Next(some.Fields.Count);
        var (name, value) = some.Fields[at];
        switch (chance.Next(10))
        {
            case 0:
                some.Fields.RemoveAt(at);
                break;
            case 1:
                some.Fields.Insert(chance.Next(some.Fields.Count + 1), (name, value));
                break;
            case 2:
                some.Fields.Add((name.Length == 0 ? "" : $"\\u{(int)name[0]:x4}{name[1..]}", chance.Next(2) == 0 ? value : Value(chance)));
                break;
            case 3:
                some.Fields[at] = (Renamed(name, chance), value);
                break;
            case 4:
                var unknown = Deep(Value(chance), 1 + chance.Next(5), chance);
                some.Fields.Insert(chance.Next(some.Fields.Count + 1), ($"x{chance.Next(4)}", unknown));
                break;
            case 5:
                var other = chance.Next(some.Fields.Count);
                (some.Fields[at], some.Fields[other]) = (some.Fields[other], some.Fields[at]);
                break;
            case 6:
                some.Fields[at] = (name, Deep(value, chance.Next(3) == 0 ? 60 + chance.Next(10) : 1, chance));
                break;
            case 7 when value is Leaf leaf && leaf.Raw.Length > 0:
                some.Fields[at] = (name, new Leaf(SpoilBytes(leaf.Raw, chance)));
                break;
            default:
                some.Fields[at] = (name, Value(chance));
                break;
        }
    }

    private static void SpoilArray(Arr some, Random chance)
    {
        var at = chance.Next(some.Items.Count);
        switch (chance.Next(5))
        {
            case 0:
                some.Items.RemoveAt(at);
                break;
            case 1:
                some.Items.Insert(at, some.Items[at]);
                break;
            case 2:
                some.Items.Insert(at, Value(chance));
                break;
            case 3:
                some.Items[at] = Deep(some.Items[at], 1 + chance.Next(3), chance);
                break;
            default:
                some.Items[at] = Value(chance);
                break;
        }
    }

    private static string Renamed(string name, Random chance) => chance.Next(6) switch
    {
        0 => name.ToUpperInvariant(),
        1 => name + " ",
        2 => "",
        3 => name.Length == 0 ? "x" : $"\\u{(int)name[0]:X4}{name[1..]}",
        4 => name + "\\u0000",
        _ => name + "s",
    };

    private static Leaf Value(Random chance) => chance.Next(200) switch
    {
        0 => new Leaf(string.Concat(Enumerable.Repeat(chance.Next(2) == 0 ? "[" : "{\"a\":", 100_000))),
        1 => Leaf.Text(new string('a', 200_000)),
        _ => new Leaf(Values[chance.Next(Values.Length)]),
    };

    private static Node Deep(Node value, int depth, Random chance)
    {
        for (var i = 0; i < depth; i++)
        {
            value = chance.Next(2) == 0 ? new Arr(value) : new Obj(("a", value));
        }

        return value;
    }

    private static void Collect(Node node, List<Node> all)
    {
        all.Add(node);
        foreach (var child in node switch
        {
            Obj some => some.Fields.Select(static f => f.Value),
            Arr some => some.Items,
            _ => [],
        })
        {
            Collect(child, all);
        }
    }
}
