using HeliosSync.Host;

namespace HeliosSync.Integration.Hosting;

/// <summary>A token that held is known again, as long as it holds and no longer.</summary>
public sealed class KnownTokensTests : IDisposable
{
    private const string Header = "Bearer a.b.c";

    private readonly ManualTime _time = new();
    private readonly KnownTokens _known;

    public KnownTokensTests() => _known = new KnownTokens(_time);

    [Fact]
    public void A_token_is_known_by_its_whole_header()
    {
        var good = Good(TimeSpan.FromMinutes(1));
        _known.Add(Header, good);
        Assert.Same(good, _known.Find(Header));
        Assert.All(["", "Bearer a.b.d", "bearer a.b.c", $"{Header} ", $"{Header},"], other => Assert.Null(_known.Find(other)));
    }

    [Theory]
    [InlineData(-31, false)]
    [InlineData(-30, true)]
    [InlineData(90, true)]
    [InlineData(91, false)]
    public void It_holds_while_its_times_say_so_give_or_take_30_seconds(int seconds, bool holds)
    {
        _known.Add(Header, Good(TimeSpan.FromSeconds(60)));
        _time.Advance(TimeSpan.FromSeconds(seconds));
        Assert.Equal(holds, _known.Find(Header) is not null);
    }

    [Fact]
    public void One_that_has_expired_or_is_larger_than_all_room_is_not_kept()
    {
        _known.Add(Header, Good(TimeSpan.Zero));
        Assert.Null(_known.Find(Header));
        var large = new string('a', (int)KnownTokens.CharsMax + 1);
        _known.Add(large, Good(TimeSpan.FromDays(1_000_000)));
        Assert.Null(_known.Find(large));
    }

    public void Dispose() => _known.Dispose();

    private GoodToken Good(TimeSpan lifetime)
    {
        var now = _time.GetUtcNow().UtcDateTime;
        return new GoodToken(new Caller(Ids.Tenant("demo"), Ids.Client("c"), Scopes.Read), now, now + lifetime);
    }
}
