using System.Security.Cryptography;
using FsCheck;
using FsCheck.Xunit;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Property.Codec;

/// <summary>Keyed hashes: SipHash-2-4 as its authors publish it, and no two things that could be taken for each other.</summary>
public sealed class InboundHashTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(0, 16).Select(static i => (byte)i)];

    private static readonly KeyedHash Hash = new(Key);

    [Theory]
    [InlineData(0, "310E0EDD47DB6F72", "A3817F04BA25A8E66DF67214C7550293")]
    [InlineData(1, "FD67DC93C539F874", "DA87C1D86B99AF44347659119B22FC45")]
    [InlineData(7, "37D1018BF50002AB", "A1F1EBBED8DBC153C0B84AA61FF08239")]
    [InlineData(8, "6224939A79F5F593", "3B62A9BA6258F5610F83E264F31497B4")]
    [InlineData(15, "E545BE4961CA29A1", "5493E99933B0A8117E08EC0F97CFC3D9")]
    [InlineData(63, "724506EB4C328A95", "5150D1772F50834A503E069A973FBD7C")]
    public void The_reference_vectors_hold(int length, string bits64, string bits128)
    {
        Assert.Equal(bits64, Convert.ToHexString(Bytes(Hash.OfContent(Message(length)))));
        Assert.Equal(bits128, Convert.ToHexString(Bytes(Hash.OfPush(Message(length)))));
    }

    /// <summary>The expected values are the SHA-256 of the 64 vectors of 8, and of the 64 of 16 bytes, one after the other.</summary>
    [Fact]
    public void All_64_reference_vectors_of_either_length_hold()
    {
        var lengths = Enumerable.Range(0, 64).ToArray();
        byte[] all64 = [.. lengths.SelectMany(static n => Bytes(Hash.OfContent(Message(n))))];
        byte[] all128 = [.. lengths.SelectMany(static n => Bytes(Hash.OfPush(Message(n))))];
        Assert.Equal("0226A91002AF9775A791B3EC5A48E643F8848D2D5774DEA9BE3438D5786BB58E", Convert.ToHexString(SHA256.HashData(all64)));
        Assert.Equal("ECFAA9FE47FF788FA834A9863EA2715A2880CD37D2B8C3C194402838428119B9", Convert.ToHexString(SHA256.HashData(all128)));
    }

    [Property]
    public void Bytes_fed_in_any_pieces_hash_the_same(byte[][] pieces)
    {
        var fed = Hash.Begin128();
        foreach (var piece in pieces)
        {
            fed.Append(piece ?? []);
        }

        Assert.Equal(Hash.OfPush([.. pieces.SelectMany(static p => p ?? [])]), fed.Finish128());
    }

    /// <summary>The digests of pushes are made so, and the journal keeps them.</summary>
    [Property]
    public void A_number_hashes_as_its_eight_bytes_wherever_it_stands(byte[] before, DoNotSize<long> number, byte[] behind)
    {
        var fed = Hash.Begin128();
        fed.Append(before);
        fed.Append(number.Item);
        fed.Append(behind);
        Assert.Equal(Hash.OfPush([.. before, .. BitConverter.GetBytes(number.Item), .. behind]), fed.Finish128());
    }

    [Fact]
    public void A_byte_moved_from_table_to_key_is_another_row() =>
        Assert.NotEqual(Hash.OfRow("ab"u8, "c"u8), Hash.OfRow("a"u8, "bc"u8));

    [Fact]
    public void Another_key_gives_other_hashes_and_another_fingerprint()
    {
        var other = new KeyedHash([.. Key.Reverse()]);
        Assert.NotEqual(Hash.Fingerprint, other.Fingerprint);
        Assert.NotEqual(Hash.OfRow("a"u8, "b"u8), other.OfRow("a"u8, "b"u8));
        Assert.Equal(Hash.Fingerprint, new KeyedHash(Key).Fingerprint);
    }

    [Theory]
    [InlineData(15)]
    [InlineData(17)]
    public void A_key_of_another_length_is_a_bug(int length) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new KeyedHash(new byte[length]));

    private static byte[] Message(int length) => [.. Enumerable.Range(0, length).Select(static i => (byte)i)];

    private static byte[] Bytes(ulong hash) => BitConverter.GetBytes(hash);

    private static byte[] Bytes(Hash128 hash) => [.. Bytes(hash.Low), .. Bytes(hash.High)];
}
