using HeliosSync.Actors.Tokens;

namespace HeliosSync.Integration.Tokens;

/// <summary>The file of revocations by itself: what is over goes, and two who have it open hear of each other.</summary>
public sealed class TokenStoreTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("heliossync-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task What_is_over_is_dropped_from_memory_and_from_the_file()
    {
        using var store = Open();
        var token = Token(1);
        var what = new Revocation(token.Tenant, RevokedKind.Token, token.Id!);
        Assert.NotNull(await store.RevokeAsync(what));
        await store.RotateAsync(Token(2), Now + 100, null);
        Assert.True(store.Revoked.Covers(token));
        _time.Advance(TokenStore.Kept - TimeSpan.FromDays(1));
        await store.LookAsync();
        Assert.True(store.Revoked.Covers(token));
        Assert.Equal((1, 0), Rows());
        _time.Advance(TimeSpan.FromDays(2));
        await store.LookAsync();
        Assert.Equal(0, store.Revoked.Count);
        Assert.Equal((0, 0), Rows());
    }

    [Fact]
    public async Task Two_who_have_the_file_open_hear_of_each_other_and_a_later_word_never_says_less()
    {
        using var server = Open();
        using var command = Open();
        var told = 0;
        server.Added = () => told++;
        var token = Token(1);
        var client = new Revocation(token.Tenant, RevokedKind.Client, token.Client.Value);
        Assert.NotNull(await command.RevokeAsync(client));
        Assert.False(server.Revoked.Covers(token));
        await server.LookAsync();
        Assert.True(server.Revoked.Covers(token));
        Assert.Equal(1, told);
        await server.LookAsync();
        Assert.Equal(1, told);
        var later = token with { IssuedAt = Now + 10 };
        Assert.False(server.Revoked.Covers(later));
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.NotNull(await command.RevokeAsync(client));
        await server.LookAsync();
        Assert.True(server.Revoked.Covers(later));
        // A clock that was set back takes nothing back.
        _time.Advance(TimeSpan.FromSeconds(-10));
        Assert.NotNull(await command.RevokeAsync(client));
        await server.LookAsync();
        Assert.True(server.Revoked.Covers(later));
        using var next = Open();
        Assert.True(next.Revoked.Covers(later));
    }

    [Fact]
    public async Task A_refresh_is_refused_by_what_another_process_has_just_revoked()
    {
        using var server = Open();
        using var command = Open();
        var token = Token(1);
        Assert.NotNull(await command.RevokeAsync(new Revocation(token.Tenant, RevokedKind.Tenant, "")));
        Assert.Equal(RotationOutcome.Revoked, (await server.RotateAsync(token, Now + 1_000, null)).Outcome);
    }

    [Fact]
    public async Task A_family_is_remembered_as_long_as_any_of_its_refresh_tokens_holds()
    {
        using var store = Open();
        var (first, until) = (Token(1), Now + (30L * 86_400));
        var next = await store.RotateAsync(first, until, null);
        await store.RotateAsync(first with { Id = next.Id }, Now + (7L * 86_400), null);
        _time.Advance(TimeSpan.FromDays(29));
        await store.LookAsync();
        Assert.Equal(RotationOutcome.Replayed, (await store.RotateAsync(first, until, null)).Outcome);
        Assert.True(store.Revoked.Covers(first));
    }

    [Fact]
    public void A_file_of_a_later_version_is_refused()
    {
        using (Open())
        {
            Sql("PRAGMA user_version = 2");
        }

        Assert.Contains(
            "later version", Assert.Throws<HeliosSync.Actors.StartupException>(() => Open()).Message, StringComparison.Ordinal);
    }

    private long Now => _time.GetUtcNow().ToUnixTimeSeconds();

    private TokenStore Open() =>
        TokenStore.Open(_folder, new TokenStoreOptions(TimeSpan.FromDays(7), TimeSpan.FromSeconds(30), 100), _time);

    private TokenName Token(int number) => new(Ids.Tenant("a"), Ids.Client("c"), $"t{number}", $"t{number}", Now);

    private (long Revoked, long Families) Rows() => (Sql("SELECT COUNT(*) FROM revoked"), Sql("SELECT COUNT(*) FROM families"));

    private long Sql(string sql)
    {
        var file = Path.Combine(_folder, TokenStore.Name);
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The tests' own words.
        command.CommandText = sql;
#pragma warning restore CA2100
        return command.ExecuteScalar() as long? ?? 0;
    }
}
