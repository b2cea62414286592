using HeliosSync.Domain;

namespace HeliosSync.Property;

/// <summary>The alphabets and lengths of names (protocol 1).</summary>
public sealed class IdentifierTests
{
    private const string IdAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-";
    private const string TableAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:$-";

    /// <summary>Every UTF-16 unit there is, alone and between two good ones.</summary>
    [Fact]
    public void A_name_holds_its_alphabet_and_nothing_else()
    {
        for (var c = '\0'; ; c++)
        {
            var id = IdAlphabet.Contains(c, StringComparison.Ordinal);
            var table = TableAlphabet.Contains(c, StringComparison.Ordinal);
            foreach (var text in new[] { $"{c}", $"x{c}y" })
            {
                Assert.True(id == ClientId.TryParse(text, out _), $"client {(int)c}");
                Assert.True(id == TenantId.TryParse(text, out _), $"tenant {(int)c}");
                Assert.True((id || (c == '#' && text.Length > 1)) == NodeId.TryParse(text, out _), $"node {(int)c}");
                Assert.True(id == NodeId.TryParse("n#" + text, out _), $"suffix {(int)c}");
                Assert.True(table == Alphabets.IsTable(text), $"table {(int)c}");
            }

            if (c == char.MaxValue)
            {
                break;
            }
        }
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(128, true)]
    [InlineData(129, false)]
    public void A_name_has_1_to_128_characters(int length, bool good)
    {
        var text = new string('x', length);
        Assert.Equal(good, ClientId.TryParse(text, out _));
        Assert.Equal(good, TenantId.TryParse(text, out _));
        Assert.Equal(good, NodeId.TryParse(text, out _));
        Assert.Equal(good, NodeId.TryParse(text + "#1", out _));
        Assert.Equal(good, Alphabets.IsTable(text));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void A_nodes_suffix_has_1_to_64_characters(int length, bool good) =>
        Assert.Equal(good, NodeId.TryParse("a#" + new string('x', length), out _));

    [Theory]
    [InlineData("#")]
    [InlineData("#a")]
    [InlineData("a#")]
    [InlineData("a##b")]
    [InlineData("a#b#c")]
    public void A_node_is_a_client_or_a_client_and_one_suffix(string text) => Assert.False(NodeId.TryParse(text, out _));

    [Fact]
    public void No_client_or_node_is_called_clocks()
    {
        Assert.False(ClientId.TryParse("clocks", out _));
        Assert.False(NodeId.TryParse("clocks", out _));
        Assert.True(ClientId.TryParse("Clocks", out _));
        Assert.True(TenantId.TryParse("clocks", out _));
    }

    [Fact]
    public void A_missing_text_is_no_name()
    {
        Assert.False(ClientId.TryParse(null, out _));
        Assert.False(TenantId.TryParse(null, out _));
        Assert.False(NodeId.TryParse(null, out _));
        Assert.False(Alphabets.IsTable(null));
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("a#1", true)]
    [InlineData("a#a", true)]
    [InlineData("A", false)]
    [InlineData("ab", false)]
    [InlineData("ab#1", false)]
    [InlineData("b", false)]
    [InlineData("b#a", false)]
    public void A_node_is_a_life_of_one_client_only(string node, bool ofA) =>
        Assert.Equal(ofA, Tiny.Node(node).IsOf(Tiny.Client("a")));

    [Fact]
    public void Names_are_case_sensitive_and_sorted_by_bytes()
    {
        Assert.NotEqual(Tiny.Client("a"), Tiny.Client("A"));
        var nodes = new[] { "a", "B", "a#1", "a-", "a:", "_", "9" }.Select(Tiny.Node).Order().Select(n => n.Value);
        Assert.Equal(["9", "B", "_", "a", "a#1", "a-", "a:"], nodes);
    }

    [Theory]
    [InlineData("a", "b")]
    [InlineData("B", "a")]
    [InlineData("a", "a#1")]
    public void The_order_of_nodes_is_the_same_by_every_operator(string less, string more)
    {
        var (a, b, same) = (Tiny.Node(less), Tiny.Node(more), Tiny.Node(less));
        Assert.True(a < b && a <= b && a <= same && b > a && b >= a && a >= same);
        Assert.False(b < a || b <= a || a < same || a > b || a >= b || a > same);
    }

    [Fact]
    public void What_is_no_name_gives_none()
    {
        Assert.False(TenantId.TryParse("no/tenant", out var tenant));
        Assert.False(ClientId.TryParse("no/client", out var client));
        Assert.False(NodeId.TryParse("no/node", out var node));
        Assert.Equal((default(TenantId), default(ClientId), default(NodeId)), (tenant, client, node));
    }

    [Fact]
    public void The_server_node_is_a_uuid_as_node() =>
        Assert.True(NodeId.TryParse("5e5e5e5e-0000-4000-8000-000000000001", out var node) && node == Tiny.Server);
}
