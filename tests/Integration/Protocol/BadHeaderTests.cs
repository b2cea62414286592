using System.Text;
using HeliosSync.Integration.Hosting;
using HeliosSync.Integration.Protocol.Rig;

namespace HeliosSync.Integration.Protocol;

/// <summary>
/// The rows of bad inputs about media types, codings and tokens, at every endpoint and around a body that is good: what lets one in
/// by mistake is stored, and seen.
/// </summary>
public sealed class BadHeaderTests(Site site) : IClassFixture<Site>
{
    private const int BombBytes = 16 * 1_024 * 1_024;

    public static TheoryData<string> Endpoints => new(Hostile.Endpoints);

    [Theory]
    [MemberData(nameof(Endpoints))]
    public async Task A_good_body_under_another_media_type_is_refused(string endpoint)
    {
        var hostile = await Hostile.OfAsync(site);
        foreach (var type in new[]
        {
            null, "text/plain", "text/json", "application/json; charset=utf-16", "application/json; charset=bogus", "application/cbor",
            "*/*",
        })
        {
            await hostile.RefusedAsync(endpoint, Good(endpoint), 415, "UNSUPPORTED_MEDIA_TYPE", request =>
            {
                request.Content!.Headers.Remove("Content-Type");
                if (type is not null)
                {
                    request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
                }
            });
        }
    }

    [Theory]
    [MemberData(nameof(Endpoints))]
    public async Task A_body_in_an_unknown_or_double_coding_is_refused(string endpoint)
    {
        var hostile = await Hostile.OfAsync(site);
        var twice = Coding.Encode("gzip", Coding.Encode("gzip", Good(endpoint)));
        await hostile.RefusedAsync(endpoint, twice, 415, "UNSUPPORTED_MEDIA_TYPE", Coding.Sent("gzip, gzip"));
        foreach (var coding in new[] { "deflate", "compress", "x-gzip2", "*" })
        {
            await hostile.RefusedAsync(endpoint, Good(endpoint), 415, "UNSUPPORTED_MEDIA_TYPE", Coding.Sent(coding));
        }
    }

    [Theory]
    [MemberData(nameof(Endpoints))]
    public async Task A_compressed_body_that_is_none_or_a_bomb_is_refused(string endpoint)
    {
        var hostile = await Hostile.OfAsync(site);
        foreach (var coding in new[] { "gzip", "br", "zstd" })
        {
            var whole = Coding.Encode(coding, Good(endpoint));
            foreach (var bad in new[] { Good(endpoint), [], whole[..^1], whole[..(whole.Length / 2)], [.. whole, 0] })
            {
                await hostile.RefusedAsync(endpoint, bad, 400, "DECOMPRESSION_FAILED", Coding.Sent(coding));
            }

            // A good body, and blanks behind it without end.
            byte[] grown = [.. Good(endpoint), .. Enumerable.Repeat((byte)' ', BombBytes)];
            var bomb = Coding.Encode(coding, grown);
            Assert.InRange(bomb.Length, 1, BombBytes / 100);
            await hostile.RefusedAsync(endpoint, bomb, 413, "PAYLOAD_TOO_LARGE", Coding.Sent(coding));
        }
    }

    [Theory]
    [MemberData(nameof(Endpoints))]
    public async Task A_bad_token_opens_no_endpoint_whatever_it_is(string endpoint)
    {
        var hostile = await Hostile.OfAsync(site);
        var tokens = TokenTests.BadHeaders.Concat(TokenTests.BadPayloads).Select(static row => $"Bearer {(string)((object[])row)[1]}");
        string[] forms = ["", "Bearer", "Basic dXNlcjpwYXNz", $"Token {hostile.Token}", $"Bearer {hostile.Token}x"];
        foreach (var authorization in tokens.Concat(forms))
        {
            await hostile.RefusedAsync(endpoint, Good(endpoint), 401, "UNAUTHORIZED", request =>
            {
                request.Headers.Remove("Authorization");
                request.Headers.TryAddWithoutValidation("Authorization", authorization);
            });
        }
    }

    private static byte[] Good(string endpoint) => Encoding.UTF8.GetBytes(Hostile.Good(endpoint).ToJsonString());
}
