using HeliosSync.Integration.Protocol.Rig;

namespace HeliosSync.Integration.Protocol;

/// <summary>The rows of bad inputs about the values of fields.</summary>
public sealed class BadFieldTests(Site site) : IClassFixture<Site>
{
    /// <summary>Every integer of the protocol but the elements of keys and data.</summary>
    private static readonly (string Endpoint, string Path)[] Integers =
    [
        ("register", "version"), ("register", "last_known_lsn"), ("register", "last_local_lsn"), ("pull", "since_lsn"),
        ("pull", "max_entries"), ("push", "changes.lsn"), ("push", "changes.checksum"), ("push", "changes.base_lsn"),
        ("heartbeat", "timestamp"), ("heartbeat", "current_lsn"),
    ];

    public static TheoryData<string, string> IntegerFields
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (var (endpoint, path) in Integers)
            {
                all.Add(endpoint, path);
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(IntegerFields))]
    public async Task An_integer_that_is_none_or_out_of_bounds_is_refused(string endpoint, string path)
    {
        var hostile = await Hostile.OfAsync(site);
        foreach (var bad in new[]
        {
            "-1", "-0", "9007199254740992", "18446744073709551616", "99999999999999999999999999", "1.0", "1e3", "1E0", "0.5", "\"5\"",
            "true", "[1]", "{}",
        })
        {
            var details = await hostile.RefusedAsync(endpoint, Hostile.With(endpoint, path, bad), 400, "INVALID_MESSAGE");
            Assert.EndsWith(path.Split('.')[^1], details, StringComparison.Ordinal);
        }

        foreach (var noJson in new[] { "007", "NaN", "Infinity", "0x10", "+1", "1.", ".5", "1e" })
        {
            await hostile.RefusedAsync(endpoint, Hostile.With(endpoint, path, noJson), 400, "INVALID_JSON");
        }
    }

    [Theory]
    [InlineData("push", "vector_clock")]
    [InlineData("push", "changes.vector_clock")]
    [InlineData("register", "vector_clock")]
    public async Task A_clock_value_that_is_none_or_out_of_bounds_is_refused(string endpoint, string path)
    {
        var hostile = await Hostile.OfAsync(site);
        foreach (var bad in new[] { "-1", "9007199254740992", "1.0", "1e3", "\"5\"", "null", "{}" })
        {
            await hostile.RefusedAsync(endpoint, Hostile.With(endpoint, path, $"{{\"b\":{bad}}}"), 400, "INVALID_MESSAGE");
            await hostile.RefusedAsync(endpoint, Hostile.With(endpoint, path, $"{{\"clocks\":{{\"b\":{bad}}}}}"), 400, "INVALID_MESSAGE");
        }
    }

    [Fact]
    public async Task A_local_number_of_0_is_refused() =>
        await (await Hostile.OfAsync(site)).RefusedAsync("push", Hostile.With("push", "changes.lsn", "0"), 400, "INVALID_MESSAGE");

    [Fact]
    public async Task A_local_number_twice_in_a_push_is_refused() => Assert.Equal(
        "changes[1].lsn",
        await (await Hostile.OfAsync(site)).RefusedAsync("push", Hostile.With("push", "changes.lsn", "1"), 400, "INVALID_MESSAGE"));

    [Theory]
    [InlineData("changes.key")]
    [InlineData("changes.data")]
    public async Task An_element_of_a_key_or_data_that_is_no_byte_is_refused(string path)
    {
        var hostile = await Hostile.OfAsync(site);
        foreach (var bad in new[] { "256", "-1", "1.5", "1.0", "1e1", "\"1\"", "null", "true", "[1]", "{}", "99999999999999999999" })
        {
            var details = await hostile.RefusedAsync("push", Hostile.With("push", path, $"[1,{bad},2]"), 400, "INVALID_MESSAGE");
            Assert.Equal($"changes[1].{path["changes.".Length..]}", details);
        }

        foreach (var noJson in new[] { "[01]", "[1,]", "[,1]", "[1 2]", "[1;2]", "[+1]" })
        {
            await hostile.RefusedAsync("push", Hostile.With("push", path, noJson), 400, "INVALID_JSON");
        }
    }

    [Theory]
    [InlineData("no alphabet", "AB!D")]
    [InlineData("base64url", "-_-_")]
    [InlineData("no padding", "QQ")]
    [InlineData("too much padding", "QUI==")]
    [InlineData("padding inside", "QQ==QUJD")]
    [InlineData("a blank inside", "QU JD")]
    [InlineData("a line break inside", "QUJD\\nQUJD")]
    [InlineData("bits left over", "QR==")]
    [InlineData("one letter", "Q")]
    public async Task Bad_base64_is_refused(string what, string text)
    {
        Assert.NotEmpty(what);
        var hostile = await Hostile.OfAsync(site);
        foreach (var path in new[] { "changes.key", "changes.data" })
        {
            await hostile.RefusedAsync("push", Hostile.With("push", path, $"\"{text}\""), 400, "INVALID_MESSAGE");
        }
    }

    [Theory]
    [InlineData("2025-11-24T10:30:00")]
    [InlineData("2025-11-24")]
    [InlineData("2025-13-24T10:30:00Z")]
    [InlineData("2025-00-24T10:30:00Z")]
    [InlineData("2025-02-29T10:30:00Z")]
    [InlineData("2025-11-31T10:30:00Z")]
    [InlineData("2025-11-24T24:00:00Z")]
    [InlineData("2025-11-24T10:60:00Z")]
    [InlineData("2025-11-24T10:30:61Z")]
    [InlineData("10000-01-01T00:00:00Z")]
    [InlineData("0000-01-01T00:00:00Z")]
    [InlineData("2025-11-24T10:30:00+25:00")]
    [InlineData("2025-11-24T10:30:00+0100")]
    [InlineData("2025-11-24T10:30:00.1234567890Z")]
    [InlineData("2025-11-24T10:30:00.Z")]
    [InlineData("2025-11-24T10:30:00Z ")]
    [InlineData("24.11.2025 10:30")]
    [InlineData("now")]
    [InlineData("")]
    public async Task A_timestamp_that_is_none_is_refused(string text) => Assert.Equal(
        "changes[1].timestamp",
        await (await Hostile.OfAsync(site)).RefusedAsync("push", Hostile.With("push", "changes.timestamp", $"\"{text}\""), 400,
            "INVALID_MESSAGE"));

    [Fact]
    public async Task A_timestamp_that_is_a_number_is_refused() =>
        await (await Hostile.OfAsync(site)).RefusedAsync("push", Hostile.With("push", "changes.timestamp", "1700000000"), 400,
            "INVALID_MESSAGE");

    [Theory]
    [InlineData("a path", "../x")]
    [InlineData("a path of Windows", "..\\\\x")]
    [InlineData("CR LF", "a\\r\\nSet-Cookie: x")]
    [InlineData("NUL", "a\\u0000b")]
    [InlineData("ANSI", "\\u001b[31mred")]
    [InlineData("right to left", "a\\u202eb")]
    [InlineData("a homoglyph", "\\u0430")]
    [InlineData("a node", "a#2")]
    [InlineData("the reserved word", "clocks")]
    [InlineData("a blank", "a b")]
    [InlineData("nothing", "")]
    [InlineData("129 letters", "LONG")]
    [InlineData("5 MB", "HUGE")]
    public async Task A_client_id_that_breaks_the_alphabet_is_refused(string what, string id)
    {
        Assert.NotEmpty(what);
        var hostile = await Hostile.OfAsync(site);
        var raw = id switch { "LONG" => new string('a', 129), "HUGE" => new string('a', 5_000_000), _ => id };
        foreach (var endpoint in Hostile.Endpoints)
        {
            var details = await hostile.RefusedAsync(endpoint, Hostile.With(endpoint, "client_id", $"\"{raw}\""), 400, "INVALID_MESSAGE");
            Assert.Equal("client_id", details);
        }
    }

    [Theory]
    [InlineData("SQL", "tasks'; DROP TABLE journal; --")]
    [InlineData("a blank", "my table")]
    [InlineData("a path", "../x")]
    [InlineData("a slash", "a/b")]
    [InlineData("NUL", "a\\u0000")]
    [InlineData("letters beyond ASCII", "\\u00e4")]
    [InlineData("a hash", "a#b")]
    [InlineData("nothing", "")]
    [InlineData("129 letters", "LONG")]
    public async Task A_table_that_breaks_the_alphabet_is_refused(string what, string table)
    {
        Assert.NotEmpty(what);
        var raw = table == "LONG" ? new string('t', 129) : table;
        var details = await (await Hostile.OfAsync(site)).RefusedAsync(
            "push", Hostile.With("push", "changes.table", $"\"{raw}\""), 400, "INVALID_MESSAGE");
        Assert.Equal("changes[1].table", details);
    }

    [Theory]
    [InlineData("a#b#c")]
    [InlineData("a b")]
    [InlineData("#x")]
    [InlineData("\\u202e")]
    [InlineData("a\\u0000")]
    [InlineData("\\u001b[31m")]
    public async Task A_clocks_node_that_breaks_the_alphabet_is_refused(string node)
    {
        var hostile = await Hostile.OfAsync(site);
        foreach (var (endpoint, path) in new[] { ("register", "vector_clock"), ("push", "vector_clock"), ("push", "changes.vector_clock") })
        {
            await hostile.RefusedAsync(endpoint, Hostile.With(endpoint, path, $"{{\"{node}\":1}}"), 400, "INVALID_MESSAGE");
        }
    }

    [Theory]
    [InlineData("1")]
    [InlineData("[]")]
    [InlineData("\"x\"")]
    [InlineData("{\"a\":1}")]
    [InlineData("{\"a\":null}")]
    [InlineData("{\"a\":{}}")]
    [InlineData("{\"a\":\"x\\u0007\"}")]
    [InlineData("{\"a\\u0000\":\"x\"}")]
    [InlineData("{\"\\u001b[31m\":\"x\"}")]
    public async Task Metadata_that_are_no_strings_are_refused(string metadata) => Assert.Equal(
        "metadata",
        await (await Hostile.OfAsync(site)).RefusedAsync("register", Hostile.With("register", "metadata", metadata), 400,
            "INVALID_MESSAGE"));

    [Fact]
    public async Task A_delete_with_data_is_refused() => Assert.Equal(
        "changes[1].data",
        await (await Hostile.OfAsync(site)).RefusedAsync("push", Hostile.With("push", "changes.operation", "\"Delete\""), 400,
            "INVALID_MESSAGE"));
}
