using System.Globalization;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;
using ZstdSharp;

namespace HeliosSync.Fuzz.Http;

/// <summary>A client of an episode, as far as requests are made from it.</summary>
internal sealed class Actor(string id)
{
    public string Id => id;

    public long LastLocalLsn { get; set; }

    public long HeadLsn { get; set; }

    public string? ServerNode { get; set; }

    public string? Token { get; set; }

    public long TokenSince { get; set; }
}

/// <summary>Makes requests: good ones, by the protocol's grammar, with everything optional now there and now not.</summary>
internal sealed class Grammar(Random chance, Tokens tokens, string tenant)
{
    /// <summary>The path that all is below.</summary>
    public const string Base = "/api/v1/sync/";

    private static readonly string[] Endpoints = ["push", "push", "push", "pull", "pull", "register", "heartbeat"];
    private static readonly string[] Tables = ["tasks", "a.b:c$-_", "T", "notes"];

    /// <summary>A body of one endpoint, and the rows of its changes where it is a push.</summary>
    public (string Endpoint, Obj Body, List<(long Lsn, string Row)> Rows) Body(Actor actor)
    {
        var endpoint = Endpoints[chance.Next(Endpoints.Length)];
        var rows = new List<(long, string)>();
        var body = endpoint switch
        {
            "push" => Push(actor, rows),
            "pull" => Pull(actor),
            "register" => Register(actor),
            _ => new Obj(("type", Leaf.Text("heartbeat")), ("client_id", Leaf.Text(actor.Id)),
                ("timestamp", Leaf.Of(chance.NextInt64(1L << 53))), ("current_lsn", Leaf.Of(chance.NextInt64(actor.HeadLsn + 3)))),
        };
        if (chance.Next(8) == 0)
        {
            body[$"unknown{chance.Next(3)}"] = new Arr(
                new Obj(("a", new Leaf("null"))), new Leaf("\"\\ud83d\\ude00\\n\""), new Leaf("1e400"));
        }

        return (endpoint, body, rows);
    }

    /// <summary>A good request with that body; whatever HTTP leaves open is left to chance.</summary>
    public Plan Around(Actor actor, string endpoint, byte[] body)
    {
        var plan = new Plan { Endpoint = endpoint, Method = "POST", Target = Base + endpoint, Body = body, Plain = body };
        plan.Headers.Add(("Authorization", $"Bearer {tokens.Good(tenant, actor.Id)}"));
        var type = Pick("application/json", "application/json; charset=utf-8", "Application/JSON;charset=\"UTF-8\"");
        plan.Headers.Add(("Content-Type", type));
        plan.Chunked = chance.Next(3) == 0;
        if (chance.Next(3) == 0)
        {
            plan.RequestId = $"fuzz-{chance.Next():x}";
            plan.Headers.Add(("X-Request-ID", plan.RequestId));
        }

        if (chance.Next(3) == 0)
        {
            plan.Headers.Add(("Accept-Encoding", Pick("gzip", "br", "zstd", "zstd;q=0.5, br", "*", "identity", "gzip;q=x", ",")));
        }

        if (chance.Next(5) == 0)
        {
            var coding = Pick("gzip", "br", "zstd", "identity");
            plan.Body = Encode(coding, body);
            plan.Headers.Add(("Content-Encoding", coding));
        }

        if (chance.Next(20) == 0)
        {
            plan.Headers.Add(("Expect", "100-continue"));
        }

        if (chance.Next(20) == 0)
        {
            plan.Headers.Add(("Connection", "close"));
        }

        return plan;
    }

    /// <summary>Health, or a path where there is nothing.</summary>
    public Plan WithoutBody()
    {
        var nowhere = chance.Next(3) == 0;
        var target = nowhere
            ? Pick(
                "/", "/api/v1/sync", "/api/v1/sync/nothing?x=1", "/api/v1/sync/push/", "/api/v1/sync/%2e%2e/%2e%2e/etc/passwd",
                "/API/v2/sync/push")
            : Base + Pick("health", "health/live", "health/ready", "health?x=%0d%0a", "Health");
        // A slash behind a path, or another case, is the same path to the framework's routing.
        return new Plan
        {
            Endpoint = target.EndsWith("push/", StringComparison.Ordinal) ? "push" : nowhere ? "nowhere" : "health",
            Method = Pick("GET", "GET", "HEAD"),
            Target = target,
            MustFail = nowhere,
        };
    }

    /// <summary>Those bytes in a content coding.</summary>
    public static byte[] Encode(string coding, byte[] plain)
    {
        using var to = new MemoryStream();
        using (Stream stream = coding switch
        {
            "gzip" => new GZipStream(to, CompressionLevel.Fastest, leaveOpen: true),
            "br" => new BrotliStream(to, CompressionLevel.Fastest, leaveOpen: true),
            "zstd" => new CompressionStream(to, 1, leaveOpen: true),
            _ => new BufferedStream(to),
        })
        {
            stream.Write(plain);
            stream.Flush();
            if (coding == "identity")
            {
                return to.ToArray();
            }
        }

        return to.ToArray();
    }

    private Obj Register(Actor actor)
    {
        var body = new Obj(
            ("type", Leaf.Text("register_client")), ("version", Leaf.Of(1)), ("client_id", Leaf.Text(actor.Id)),
            ("last_known_lsn", Leaf.Of(chance.NextInt64(actor.HeadLsn + 1))), ("vector_clock", Clock(actor)),
            ("metadata", new Obj(("device", new Leaf(Pick("\"mobile\"", "\"\\u00e4\"", "\"\""))))));
        Perhaps(body, "last_local_lsn", Leaf.Of(actor.LastLocalLsn + chance.Next(2)));
        Perhaps(body, "node_id", Leaf.Text(actor.Id));
        Perhaps(body, "server_node", ServerNode(actor));
        return body;
    }

    private Obj Pull(Actor actor)
    {
        var goesOn = actor.Token is not null && chance.Next(2) == 0;
        var body = new Obj(
            ("type", Leaf.Text("pull_request")), ("message_id", Uuid()), ("client_id", Leaf.Text(actor.Id)),
            ("since_lsn", Leaf.Of(goesOn ? actor.TokenSince : chance.NextInt64(actor.HeadLsn + 1))),
            ("max_entries", Leaf.Of(1 + chance.Next(chance.Next(2) == 0 ? 5 : 2_000))),
            ("continuation_token", goesOn ? Leaf.Text(actor.Token!) : new Leaf("null")));
        if (!goesOn)
        {
            Perhaps(body, "tables", new Arr(Enumerable.Range(0, 1 + chance.Next(4)).Select(_ => Leaf.Text(Pick(Tables)))));
            Perhaps(body, "exclude_own", Flag());
        }

        Perhaps(body, "encoding", Leaf.Text(Pick("bytes", "base64")));
        Perhaps(body, "accept_compressed", Flag());
        Perhaps(body, "wait_ms", Leaf.Of(0));
        Perhaps(body, "server_node", ServerNode(actor));
        return body;
    }

    private Obj Push(Actor actor, List<(long Lsn, string Row)> rows)
    {
        var count = chance.Next(60) == 0 ? 1_000 : 1 + chance.Next(6);
        var changes = new Arr();
        for (var i = 0; i < count; i++)
        {
            changes.Items.Add(Change(actor, rows));
        }

        var body = new Obj(
            ("type", Leaf.Text("push_changes")), ("message_id", Uuid()), ("client_id", Leaf.Text(actor.Id)), ("changes", changes),
            ("vector_clock", Clock(actor)));
        Perhaps(body, "atomic", Flag());
        Perhaps(body, "server_node", ServerNode(actor));
        return body;
    }

    private Obj Change(Actor actor, List<(long Lsn, string Row)> rows)
    {
        var operation = Pick("Insert", "Update", "Update", "Delete");
        var key = Encoding.UTF8.GetBytes($"k{chance.Next(40)}");
        byte[] data = operation == "Delete" ? [] : Data();
        var table = Pick(Tables);
        var lsn = ++actor.LastLocalLsn;
        var compressed = operation != "Delete" && chance.Next(6) == 0;
        var crc = new Crc32();
        crc.Append(key);
        crc.Append(data);
        var change = new Obj(
            ("lsn", Leaf.Of(lsn)), ("table", Leaf.Text(table)), ("operation", Leaf.Text(operation)), ("key", Bytes(key)),
            ("data", Bytes(compressed ? Frame(data) : data)), ("vector_clock", Clock(actor)), ("timestamp", Leaf.Text(Time())),
            ("checksum", Leaf.Of(crc.GetCurrentHashAsUInt32())));
        if (compressed || chance.Next(4) == 0)
        {
            change["compressed"] = new Leaf(compressed ? "true" : "false");
        }

        Perhaps(change, "base_lsn", Leaf.Of(chance.NextInt64(actor.HeadLsn + 1)));
        rows.Add((lsn, $"{table}/{Convert.ToHexString(key)}"));
        return change;
    }

    /// <summary>Marked with its tenant, so that it is known wherever it turns up.</summary>
    private byte[] Data() => Encoding.UTF8.GetBytes(
        $"{tenant}:{chance.Next()}{new string('x', chance.Next(chance.Next(40) == 0 ? 12_000 : 50))}");

    private static byte[] Frame(byte[] data)
    {
        using var compressor = new Compressor(1);
        return compressor.Wrap(data).ToArray();
    }

    private Obj Clock(Actor actor)
    {
        var clock = new Obj();
        if (actor.ServerNode is not null && chance.Next(2) == 0)
        {
            clock[actor.ServerNode] = Leaf.Of(chance.NextInt64(actor.HeadLsn + 1));
        }

        for (var i = chance.Next(4); i > 1; i--)
        {
            clock[Pick(actor.Id, "other", "other#2")] = Leaf.Of(chance.Next(1_000));
        }

        return chance.Next(4) == 0 ? new Obj(("clocks", clock)) : clock;
    }

    private string Time()
    {
        var time = new DateTime(2000 + chance.Next(26), 1 + chance.Next(12), 1 + chance.Next(28), 10, 30, chance.Next(60));
        return time.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture) + Pick("Z", ".5Z", ".123456789Z", "+02:00", "-00:30");
    }

    private Leaf Bytes(byte[] bytes) => chance.Next(2) == 0
        ? Leaf.Text(Convert.ToBase64String(bytes))
        : new Leaf($"[{string.Join(',', bytes)}]");

    private static Leaf ServerNode(Actor actor) => actor.ServerNode is null ? new Leaf("null") : Leaf.Text(actor.ServerNode);

    private Leaf Flag() => new(Pick("true", "false", "null"));

    private Leaf Uuid()
    {
        var bytes = new byte[16];
        chance.NextBytes(bytes);
        return Leaf.Text(new Guid(bytes).ToString("D"));
    }

    private void Perhaps(Obj body, string name, Node value)
    {
        if (chance.Next(4) == 0)
        {
            body[name] = value;
        }
    }

    private string Pick(params string[] some) => some[chance.Next(some.Length)];
}
