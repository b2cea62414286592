using System.Text;
using FsCheck.Xunit;
using HeliosSync.Codec;

namespace HeliosSync.Property.Codec;

/// <summary>
/// The digest of a push is the keyed hash of a canonical form (protocol 4.3). It is stored with the push, and a repeat that comes after
/// an update of the server must still meet it: so that form, which stands here a second time, never changes.
/// </summary>
public sealed class InboundDigestLaws : IDisposable
{
    private readonly ZstdFrames _zstd = new();

    [Property]
    public async Task The_digest_is_the_hash_of_the_canonical_form(int seed, int style)
    {
        var push = InboundPush.Of(seed);
        var body = new InboundPieces(new InboundText(style).Write(push));
        var parsed = await new PushReader(InboundRead.Hash, _zstd).ReadAsync(body, CancellationToken.None);
        using var batch = parsed.Value!;
        Assert.Equal(InboundRead.Hash.OfPush(Canonical(push)), batch.Push.Digest);
    }

    public void Dispose() => _zstd.Dispose();

    internal static byte[] Canonical(InboundPush push) =>
        [.. push.Changes.SelectMany(static c => Canonical(c)), .. Number(push.Changes.Length), .. Number(push.Atomic ? 1 : 0)];

    private static byte[] Canonical(InboundChange change)
    {
        var clock = change.Clock.Where(static e => e.Value > 0).OrderBy(static e => e.Key, StringComparer.Ordinal).ToArray();
        return
        [
            .. Number(change.Lsn), .. Name(change.Table), .. Number((long)change.Operation),
            .. Number(change.Key.Length), .. change.Key,
            .. Number(change.Data.Length), .. BitConverter.GetBytes(InboundRead.Hash.OfContent(change.Data)),
            .. Number(clock.Length), .. clock.SelectMany(static e => Name(e.Key).Concat(Number(e.Value))),
            .. Number(change.BaseLsn), .. Number(change.Micros), .. Number(change.Checksum),
        ];
    }

    private static byte[] Name(string name) => [.. Number(name.Length), .. Encoding.ASCII.GetBytes(name)];

    private static byte[] Number(long number) => BitConverter.GetBytes(number);
}
