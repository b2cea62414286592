using System.Buffers.Text;
using FsCheck;
using FsCheck.Xunit;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Property.Codec;

/// <summary>A continuation token is good for what it was made for, and for nothing else (protocol 4.2).</summary>
[Properties(MaxTest = 500)]
public sealed class JournalTokenLaws
{
    private static readonly ContinuationTokens Tokens = new("01234567890123456789012345678901"u8);

    private static readonly TenantId Tenant = TenantOf("tenant");

    private static readonly Pull Asked = new(Guid.Empty, Tiny.Client("a"), 5, 100, null, null, ["t", "tasks"], true, false, false);

    [Property]
    public void A_token_opens_to_what_was_sealed(DoNotSize<long> one, DoNotSize<long> other)
    {
        var (after, pinned) = (one.Item & Limits.SafeIntegerMax, other.Item & Limits.SafeIntegerMax);
        var pull = Asked with { ContinuationToken = Tokens.Seal(Tenant, Asked, Tiny.ServerGuid, after, pinned) };
        Assert.True(Tokens.TryOpen(Tenant, pull, out var node, out var opened, out var head));
        Assert.Equal((Tiny.ServerGuid, after, pinned), (node, opened, head));
    }

    [Fact]
    public void A_token_may_be_used_with_another_message_page_size_and_encoding() =>
        Assert.True(Opens(Asked with { Message = Tiny.ServerGuid, MaxEntries = 1, Base64 = true, AcceptCompressed = true }));

    [Fact]
    public void A_token_for_something_else_is_refused()
    {
        Assert.True(Opens(Asked));
        Assert.False(Opens(Asked, TenantOf("tenan")));
        Assert.False(Opens(Asked, TenantOf("tenanta")));
        Assert.False(Opens(Asked with { Client = Tiny.Client("b") }));
        Assert.False(Opens(Asked with { SinceLsn = 6 }));
        Assert.False(Opens(Asked with { ExcludeOwn = false }));
        Assert.False(Opens(Asked with { Tables = null }));
        Assert.False(Opens(Asked with { Tables = [] }));
        Assert.False(Opens(Asked with { Tables = ["t"] }));
        Assert.False(Opens(Asked with { Tables = ["t", "tasks", "u"] }));
        Assert.False(Opens(Asked with { Tables = ["tt", "asks"] }));
    }

    [Fact]
    public void A_token_under_another_key_is_refused()
    {
        var others = new ContinuationTokens("01234567890123456789012345678900"u8);
        var token = Tokens.Seal(Tenant, Asked, Tiny.ServerGuid, 7, 9);
        Assert.False(others.TryOpen(Tenant, Asked with { ContinuationToken = token }, out _, out _, out _));
    }

    /// <summary>
    /// The key is kept with the journal, so a token outlives the server that sealed it, and its version. Computed once, without this code.
    /// </summary>
    [Theory]
    [InlineData(true, "AgcAAAAAAAAACQAAAAAAAABeXl5eAABAAIAAAAAAAAABJjZxOcBtuqFiWU449N8Wtbvw")]
    [InlineData(false, "AgcAAAAAAAAACQAAAAAAAABeXl5eAABAAIAAAAAAAAAB6KYEBTPK7aL9jZrrbLYKC0cY")]
    public void A_token_that_was_sealed_once_still_opens(bool filtered, string token)
    {
        var pull = Asked with { Tables = filtered ? Asked.Tables : null };
        Assert.Equal(token, Tokens.Seal(Tenant, pull, Tiny.ServerGuid, 7, 9));
        Assert.True(Tokens.TryOpen(Tenant, pull with { ContinuationToken = token }, out var node, out var after, out var pinned));
        Assert.Equal((Tiny.ServerGuid, 7, 9), (node, after, pinned));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void A_key_of_another_length_is_a_bug(int length) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ContinuationTokens(new byte[length]));

    /// <summary>A restored journal gives the same LSNs a second time: its tokens must not pass for those of before.</summary>
    [Fact]
    public void Tokens_of_two_journals_of_a_tenant_differ_in_place_and_proof()
    {
        var one = Tokens.Seal(Tenant, Asked, Tiny.ServerGuid, 7, 9);
        var other = Tokens.Seal(Tenant, Asked, Guid.Empty, 7, 9);
        var mixed = Base64Url.DecodeFromChars(one)[..33].Concat(Base64Url.DecodeFromChars(other)[33..]).ToArray();
        Refused(Base64Url.EncodeToString(mixed));
        Assert.True(Tokens.TryOpen(Tenant, Asked with { ContinuationToken = other }, out var node, out _, out _));
        Assert.Equal(Guid.Empty, node);
    }

    /// <summary>Every bit of every character, so every other character of one bit's distance.</summary>
    [Fact]
    public void Any_flipped_bit_of_a_token_is_refused()
    {
        var token = Tokens.Seal(Tenant, Asked, Tiny.ServerGuid, 7, 9);
        Assert.Equal(68, token.Length);
        for (var bit = 0; bit < 8 * token.Length; bit++)
        {
            var flipped = token.ToCharArray();
            flipped[bit / 8] ^= (char)(1 << (bit % 8));
            Refused(new string(flipped));
        }
    }

    [Fact]
    public void Any_other_character_anywhere_in_a_token_is_refused()
    {
        var token = Tokens.Seal(Tenant, Asked, Tiny.ServerGuid, 7, 9);
        for (var at = 0; at < token.Length; at++)
        {
            for (var other = (char)0; other <= 256; other++)
            {
                if (other != token[at])
                {
                    Refused(token[..at] + other + token[(at + 1)..]);
                }
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("====================================================================")]
    [InlineData("                                                                    ")]
    public void What_was_never_a_token_is_refused(string text) => Refused(text);

    [Fact]
    public void A_token_with_anything_before_or_behind_it_is_refused()
    {
        var token = Tokens.Seal(Tenant, Asked, Tiny.ServerGuid, 7, 9);
        foreach (var more in new[] { " ", "\n", "=", "A", "AAAA" })
        {
            Refused(token + more);
            Refused(more + token);
        }

        Refused(token[..^1]);
        Refused(token[..^4]);
    }

    /// <summary>The last character of a token that ends in a zero byte says nothing that a blank could not.</summary>
    [Fact]
    public void A_token_is_one_text_only()
    {
        var some = Enumerable.Range(0, 10_000).Select(i => Tokens.Seal(Tenant, Asked, Tiny.ServerGuid, i, 9));
        var token = some.First(t => Base64Url.DecodeFromChars(t)[^1] == 0);
        Assert.True(Tokens.TryOpen(Tenant, Asked with { ContinuationToken = token }, out _, out _, out _));
        foreach (var blank in new[] { "=", " ", "\n" })
        {
            Refused(token[..^1] + blank);
        }

        Refused(" " + token[..^1]);
    }

    private static TenantId TenantOf(string text) => TenantId.TryParse(text, out var id) ? id : throw new ArgumentException(text);

    private static bool Opens(Pull pull, TenantId? tenant = null) =>
        Tokens.TryOpen(tenant ?? Tenant, pull with { ContinuationToken = Seal() }, out _, out _, out _);

    private static string Seal() => Tokens.Seal(Tenant, Asked, Tiny.ServerGuid, 7, 9);

    private static void Refused(string token) =>
        Assert.False(Tokens.TryOpen(Tenant, Asked with { ContinuationToken = token }, out _, out _, out _), token);
}
