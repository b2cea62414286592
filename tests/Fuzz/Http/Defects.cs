using System.Text;

namespace HeliosSync.Fuzz.Http;

/// <summary>Makes good requests bad: around the body, in its framing, and in the bytes on the wire.</summary>
internal sealed class Defects(Random chance, Tokens tokens, string tenant)
{
    /// <summary>The id that a request hidden in another's body bears: an answer to it would mean that it was smuggled in.</summary>
    public const string Smuggled = "smuggled";

    private static readonly string[] Codings = ["gzip", "br", "zstd"];
    private static readonly Dictionary<string, byte[]> Bombs = Codings.ToDictionary(static c => c, Bomb);

    private static readonly string[] WrongTypes =
    [
        "text/plain", "application/json; charset=utf-16", "application/json; charset=bogus", "application/cbor", ";",
        "application/json, text/plain",
    ];

    /// <summary>Made at once, not with the first that is thrown: memory is watched.</summary>
    static Defects()
    {
    }

    /// <summary>Spoils one thing around the body, so that the request has to be refused.</summary>
    public void Spoil(Plan plan, Actor actor)
    {
        plan.GoodAround = false;
        plan.MustFail = true;
        switch (chance.Next(7))
        {
            case 0:
                Replace(plan, "Authorization", tokens.Bad(tenant, actor.Id, chance));
                break;
            case 1:
                plan.Headers.RemoveAll(static h => h.Name == "Authorization");
                break;
            case 2:
                Replace(plan, "Authorization", tokens.Narrow(tenant, actor.Id, plan.Endpoint == "push" ? "sync:read" : "sync:write"));
                break;
            case 3:
                Replace(plan, "Content-Type", WrongTypes[chance.Next(WrongTypes.Length)]);
                break;
            case 4:
                plan.Headers.RemoveAll(static h => h.Name == "Content-Type");
                break;
            case 5:
                plan.Method = chance.Next(2) == 0 ? "PUT" : "BREW";
                break;
            default:
                SpoilCoding(plan);
                break;
        }
    }

    /// <summary>A body in a coding that is broken, unknown, doubled, or grows beyond all bounds.</summary>
    private void SpoilCoding(Plan plan)
    {
        var coding = Codings[chance.Next(Codings.Length)];
        var whole = Grammar.Encode(coding, plan.Plain ?? []);
        plan.Plain = null;
        (coding, plan.Body) = chance.Next(8) switch
        {
            0 => (coding, whole[..chance.Next(whole.Length)]),
            1 => (coding, [.. whole, (byte)chance.Next(256)]),
            2 => (coding, [.. Enumerable.Range(0, 1 + chance.Next(200)).Select(_ => (byte)chance.Next(256))]),
            3 => ("gzip, gzip", Grammar.Encode("gzip", Grammar.Encode("gzip", "{}"u8.ToArray()))),
            4 => (new[] { "deflate", "compress", "x", "gzip;q=1", "" }[chance.Next(5)], whole),
            5 when chance.Next(4) == 0 => (coding, Bombs[coding]),
            6 => (coding, []),
            _ => (coding, "{}"u8.ToArray()),
        };
        Replace(plan, "Content-Encoding", coding);
    }

    /// <summary>A request whose end is told in two ways, wrongly, or not at all; another stands hidden behind it.</summary>
    public byte[] BreakFraming(Plan plan)
    {
        var hidden = Encoding.ASCII.GetBytes($"GET {Grammar.Base}health HTTP/1.1\r\nHost: h\r\nX-Request-ID: {Smuggled}\r\n\r\n");
        var body = plan.Body ?? [];
        byte[] chunk = [.. Encoding.ASCII.GetBytes($"{hidden.Length:x}\r\n"), .. hidden, .. "\r\n0\r\n\r\n"u8];
        switch (chance.Next(10))
        {
            case 0:
                return [.. plan.Head($"Content-Length: {body.Length}\r\nTransfer-Encoding: chunked\r\n"), .. chunk];
            case 1:
                return [.. plan.Head("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n"), .. "0\r\n\r\n"u8, .. hidden];
            case 2:
                var lengths = $"Content-Length: {body.Length}\r\nContent-Length: {body.Length + hidden.Length}\r\n";
                return [.. plan.Head(lengths), .. body, .. hidden];
            case 3:
                var length = Pick("-1", "+5", "0x10", "5, 6", "99999999999999999999", "", "5 5");
                return [.. plan.Head($"Content-Length: {length}\r\n"), .. body, .. hidden];
            case 4:
                var bad = Pick(
                    "zz\r\n", "-2\r\n", "ffffffffffffffff\r\n", "80000000\r\n{}\r\n", "2\r\n{}x\r\n", "\r\n", "2 \r\n{}\r\n", "2\n{}\n");
                return [.. plan.Head("Transfer-Encoding: chunked\r\n"), .. Encoding.ASCII.GetBytes(bad), .. hidden];
            case 5:
                var coding = Pick("gzip", "chunked, gzip", "identity", "xchunked", "chunked, identity");
                return [.. plan.Head($"Transfer-Encoding: {coding}\r\n"), .. chunk];
            case 6:
                return [.. plan.Head($"X: {Pick("a\0b", "a\rb")}\r\nContent-Length: {body.Length}\r\n"), .. body, .. hidden];
            case 7:
                var line = Pick("no colon", " folded: x", "a b: c", ": x", "X : y");
                return [.. plan.Head($"{line}\r\nContent-Length: {body.Length}\r\n"), .. body, .. hidden];
            case 8:
                var version = Pick("HTTP/1.0", "HTTP/2.0", "HTTP/9.9", "http/1.1", "HTTP/1.1 ");
                var host = Pick("", "Host: a\r\nHost: b\r\n", "Host: a b\r\n");
                return [.. plan.Head($"Content-Length: {body.Length}\r\n", version, host), .. body];
            default:
                return [.. plan.Head($"X: {new string('x', 40_000)}\r\nContent-Length: {body.Length}\r\n"), .. body, .. hidden];
        }
    }

    private static byte[] Bomb(string coding)
    {
        const int BombBytes = 24 * 1_024 * 1_024;
        return Grammar.Encode(coding, [.. Enumerable.Repeat((byte)' ', BombBytes)]);
    }

    private string Pick(params string[] some) => some[chance.Next(some.Length)];

    private static void Replace(Plan plan, string name, string value)
    {
        plan.Headers.RemoveAll(h => h.Name == name);
        plan.Headers.Add((name, value));
    }
}
