using System.Text;
using HeliosSync.Integration.Protocol.Rig;

namespace HeliosSync.Integration.Protocol;

/// <summary>The rows of bad inputs about JSON and the shape of messages.</summary>
public sealed class BadJsonTests(Site site) : IClassFixture<Site>
{
    public static TheoryData<string> Endpoints => new(Hostile.Endpoints);

    /// <summary>Every required field of every message, changes included.</summary>
    public static TheoryData<string, string> RequiredFields
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (var (endpoint, names) in new Dictionary<string, string[]>
            {
                ["register"] = ["type", "version", "client_id", "last_known_lsn"],
                ["pull"] = ["type", "message_id", "client_id", "since_lsn"],
                ["push"] =
                [
                    "type", "message_id", "client_id", "changes", "changes.lsn", "changes.table", "changes.operation", "changes.key",
                    "changes.data", "changes.timestamp", "changes.checksum",
                ],
                ["heartbeat"] = ["type", "client_id", "timestamp", "current_lsn"],
            })
            {
                foreach (var name in names)
                {
                    all.Add(endpoint, name);
                }
            }

            return all;
        }
    }

    /// <summary>Without this, a server that refuses everything would pass all of the others.</summary>
    [Theory]
    [MemberData(nameof(Endpoints))]
    public async Task The_bodies_that_these_tests_spoil_are_good(string endpoint)
    {
        var device = await site.DeviceAsync(site.NewTenant(), Hostile.Client);
        (await device.PostAsync(endpoint, Hostile.Good(endpoint))).Ok();
        (await device.PostAsync(endpoint, $"\r\n\t {Hostile.Good(endpoint).ToJsonString()} \n")).Ok();
    }

    [Theory]
    [InlineData("an empty body", "", "INVALID_JSON")]
    [InlineData("blanks alone", " \n ", "INVALID_JSON")]
    [InlineData("an open brace", "{", "INVALID_JSON")]
    [InlineData("no JSON", "hello", "INVALID_JSON")]
    [InlineData("a byte order mark alone", "\ufeff", "INVALID_JSON")]
    [InlineData("single quotes", "{'type':'heartbeat'}", "INVALID_JSON")]
    [InlineData("null", "null", "INVALID_MESSAGE")]
    [InlineData("an array", "[]", "INVALID_MESSAGE")]
    [InlineData("a number", "5", "INVALID_MESSAGE")]
    [InlineData("a string", "\"x\"", "INVALID_MESSAGE")]
    [InlineData("an empty object", "{}", "INVALID_MESSAGE")]
    public async Task A_root_that_is_no_message_is_refused(string what, string body, string code)
    {
        Assert.NotEmpty(what);
        var hostile = await Hostile.OfAsync(site);
        foreach (var endpoint in Hostile.Endpoints)
        {
            await hostile.RefusedAsync(endpoint, body, 400, code);
        }
    }

    [Theory]
    [MemberData(nameof(Endpoints))]
    public async Task A_good_body_with_something_too_much_is_no_json(string endpoint)
    {
        var hostile = await Hostile.OfAsync(site);
        var good = Hostile.Good(endpoint).ToJsonString();
        foreach (var bad in new[]
        {
            good[..^1], good[..^1] + ",}", good + "}", good + good, good + "x", good + ",", "/* a comment */" + good, good + "// another",
            good.Replace("{\"type\"", "{/**/\"type\"", StringComparison.Ordinal), good.Replace("\":", "\" ", StringComparison.Ordinal),
            "\ufeff" + good, good + "\0",
        })
        {
            await hostile.RefusedAsync(endpoint, bad, 400, "INVALID_JSON");
        }
    }

    [Theory]
    [MemberData(nameof(RequiredFields))]
    public async Task A_required_field_missing_or_null_is_named(string endpoint, string path)
    {
        var hostile = await Hostile.OfAsync(site);
        var field = path.Split('.')[^1];
        var place = path == field ? field : $"changes[1].{field}";
        var missing = Hostile.Good(endpoint);
        (path == field ? missing : missing.Objects("changes")[1]).Without(field);
        Assert.Equal(place, await hostile.RefusedAsync(endpoint, missing.ToJsonString(), 400, "INVALID_MESSAGE"));
        Assert.Equal(place, await hostile.RefusedAsync(endpoint, Hostile.With(endpoint, path, "null"), 400, "INVALID_MESSAGE"));
    }

    [Theory]
    [MemberData(nameof(RequiredFields))]
    public async Task A_field_twice_is_refused_also_where_both_say_the_same(string endpoint, string path)
    {
        var hostile = await Hostile.OfAsync(site);
        var body = Hostile.Good(endpoint);
        var holder = path.StartsWith("changes.", StringComparison.Ordinal) ? body.Objects("changes")[1] : body;
        var field = path.Split('.')[^1];
        var pair = $"\"{field}\":{holder[field]!.ToJsonString()}";
        var (good, whole) = (holder.ToJsonString(), body.ToJsonString());
        var doubled = good.Replace(pair, $"{pair},{pair}", StringComparison.Ordinal);
        Assert.NotEqual(good, doubled);
        await hostile.RefusedAsync(endpoint, whole.Replace(good, doubled, StringComparison.Ordinal), 400, "INVALID_MESSAGE");

        // The same name, one of them with an escape.
        var escaped = good.Replace(pair, $"{pair},\"\\u{(int)field[0]:x4}{field[1..]}\":{holder[field]!.ToJsonString()}",
            StringComparison.Ordinal);
        await hostile.RefusedAsync(endpoint, whole.Replace(good, escaped, StringComparison.Ordinal), 400, "INVALID_MESSAGE");
    }

    [Theory]
    [InlineData("push", "vector_clock", """{"b":1,"b":1}""")]
    [InlineData("push", "vector_clock", """{"b":1,"c":2,"b":3}""")]
    [InlineData("push", "changes.vector_clock", """{"b":1,"b":1}""")]
    [InlineData("push", "changes.vector_clock", """{"clocks":{"b":1,"\u0062":2}}""")]
    [InlineData("register", "vector_clock", """{"b":0,"b":0}""")]
    [InlineData("register", "metadata", """{"b":"x","b":"x"}""")]
    public async Task A_node_or_name_twice_is_refused(string endpoint, string path, string value) =>
        await (await Hostile.OfAsync(site)).RefusedAsync(endpoint, Hostile.With(endpoint, path, value), 400, "INVALID_MESSAGE");

    [Theory]
    [InlineData("[null]", "changes[0]")]
    [InlineData("[1]", "changes[0]")]
    [InlineData("[[]]", "changes[0]")]
    [InlineData("[]", "changes")]
    [InlineData("{}", "changes")]
    [InlineData("\"x\"", "changes")]
    public async Task Changes_that_are_none_are_refused(string changes, string place) => Assert.StartsWith(
        place,
        await (await Hostile.OfAsync(site)).RefusedAsync("push", Hostile.With("push", "changes", changes), 400, "INVALID_MESSAGE"),
        StringComparison.Ordinal);

    /// <summary>Also each other's: a pull sent to push must not be half understood.</summary>
    [Theory]
    [MemberData(nameof(Endpoints))]
    public async Task The_type_of_another_endpoint_is_refused(string endpoint)
    {
        var hostile = await Hostile.OfAsync(site);
        foreach (var type in new[] { "", "x", "Heartbeat", "pull_response" }
            .Concat(Hostile.Endpoints.Where(e => e != endpoint).Select(static e => Hostile.Good(e).Text("type"))))
        {
            var spoiled = Hostile.Good(endpoint).With(new() { ["type"] = type });
            Assert.Equal("type", await hostile.RefusedAsync(endpoint, spoiled.ToJsonString(), 400, "INVALID_MESSAGE"));
        }
    }

    [Theory]
    [InlineData("2", "UNSUPPORTED_VERSION")]
    [InlineData("0", "UNSUPPORTED_VERSION")]
    [InlineData("9007199254740991", "UNSUPPORTED_VERSION")]
    [InlineData("\"1\"", "INVALID_MESSAGE")]
    public async Task Another_version_is_refused(string version, string code) =>
        await (await Hostile.OfAsync(site)).RefusedAsync("register", Hostile.With("register", "version", version), 400, code);

    [Theory]
    [InlineData("", "INVALID_JSON")]
    [InlineData("{\"type\":\"push_changes\",\"unknown\":", "INVALID_JSON")]
    [InlineData("{\"type\":\"push_changes\",\"changes\":", "INVALID_MESSAGE")]
    [InlineData("{\"type\":\"push_changes\",\"changes\":[{\"key\":", "INVALID_MESSAGE")]
    [InlineData("{\"type\":\"push_changes\",\"vector_clock\":", "INVALID_MESSAGE")]
    public async Task A_hundred_thousand_open_brackets_are_refused(string before, string code)
    {
        var hostile = await Hostile.OfAsync(site);
        foreach (var bracket in new[] { "[", "{\"a\":" })
        {
            await hostile.RefusedAsync("push", before + string.Concat(Enumerable.Repeat(bracket, 100_000)), 400, code);
        }
    }

    /// <summary>Bytes in the place of X, in a field's name, in a known field, and in one that nobody knows.</summary>
    [Theory]
    [InlineData("a lone continuation", new byte[] { 0x80 })]
    [InlineData("overlong slash", new byte[] { 0xc0, 0xaf })]
    [InlineData("overlong NUL", new byte[] { 0xc0, 0x80 })]
    [InlineData("a surrogate half", new byte[] { 0xed, 0xa0, 0x80 })]
    [InlineData("above U+10FFFF", new byte[] { 0xf4, 0x90, 0x80, 0x80 })]
    [InlineData("cut short", new byte[] { 0xe2, 0x82 })]
    [InlineData("Latin-1", new byte[] { 0xe4 })]
    [InlineData("a control character", new byte[] { 0x01 })]
    [InlineData("a line break", new byte[] { 0x0a })]
    [InlineData("escaped high half", new byte[] { (byte)'\\', (byte)'u', (byte)'d', (byte)'8', (byte)'0', (byte)'0' })]
    [InlineData("escaped low half", new byte[] { (byte)'\\', (byte)'u', (byte)'D', (byte)'C', (byte)'0', (byte)'0' })]
    public async Task A_string_that_is_no_unicode_is_refused(string what, byte[] bytes)
    {
        Assert.NotEmpty(what);
        var hostile = await Hostile.OfAsync(site);
        foreach (var body in new[]
        {
            Hostile.With("register", "metadata", "{\"device\":\"@\"}"),
            Hostile.With("register", "metadata", "{\"@\":\"x\"}"),
            Hostile.With("register", "unknown", "\"@\""),
            Hostile.With("register", "unknown", "{\"a\":[\"@\"]}"),
            Hostile.With("register", "unknown", "{\"@\":1}"),
        })
        {
            byte[] spoiled = [.. Encoding.UTF8.GetBytes(body).SelectMany(b => b == (byte)'@' ? bytes : [b])];
            await hostile.RefusedAsync("register", spoiled, 400, "INVALID_JSON");
        }
    }

    [Fact]
    public async Task A_field_of_another_type_is_named_with_its_entry()
    {
        var hostile = await Hostile.OfAsync(site);
        foreach (var (path, value) in new[]
        {
            ("changes.table", "5"), ("changes.table", "[]"), ("changes.operation", "\"insert\""), ("changes.operation", "\"Upsert\""),
            ("changes.operation", "1"), ("changes.compressed", "\"false\""), ("changes.compressed", "0"), ("changes.vector_clock", "[]"),
            ("changes.vector_clock", "\"\""), ("changes.vector_clock", """{"clocks":{},"b":1}"""), ("changes.vector_clock", """{"":1}"""),
            ("changes.data", "5"), ("changes.key", "{}"), ("changes.key", "null"), ("changes.timestamp", "null"),
        })
        {
            var details = await hostile.RefusedAsync("push", Hostile.With("push", path, value), 400, "INVALID_MESSAGE");
            Assert.Equal($"changes[1].{path["changes.".Length..]}", details);
        }

        foreach (var (path, value) in new[] { ("atomic", "1"), ("message_id", "\"x\""), ("message_id",
            "\"{550e8400-e29b-41d4-a716-446655440000}\""), ("server_node", "5") })
        {
            Assert.Equal(path, await hostile.RefusedAsync("push", Hostile.With("push", path, value), 400, "INVALID_MESSAGE"));
        }
    }
}
