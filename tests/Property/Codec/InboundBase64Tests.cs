using System.Text;
using FsCheck.Xunit;
using HeliosSync.Codec;

namespace HeliosSync.Property.Codec;

/// <summary>Base64 is read in its one canonical form (protocol 5.1).</summary>
public sealed class InboundBase64Tests
{
    private const string Letters = "ABgwxyz019+/=-_ \n";

    [Property]
    public void Any_bytes_are_read_back(byte[] bytes) => Assert.Equal(bytes, Decode(Convert.ToBase64String(bytes)));

    /// <summary>The reference: the framework decodes it, and encodes what it decoded to the same text.</summary>
    [Property(MaxTest = 5_000)]
    public void A_text_is_taken_just_where_it_is_the_text_of_its_bytes(byte[] seed)
    {
        var text = string.Concat(seed.Take(12).Select(static b => Letters[b % Letters.Length]));
        var bytes = new byte[text.Length];
        var isCanonical = Convert.TryFromBase64String(text, bytes, out var length)
            && Convert.ToBase64String(bytes, 0, length) == text;
        Assert.Equal(isCanonical ? bytes[..length] : null, Decode(text));
    }

    [Theory]
    [InlineData("AQID", "010203")]
    [InlineData("AQI=", "0102")]
    [InlineData("AQ==", "01")]
    [InlineData("", "")]
    [InlineData("+/+/", "FBFFBF")]
    public void Canonical_base64_is_read(string text, string hex) => Assert.Equal(hex, Convert.ToHexString(Decode(text)!));

    [Theory]
    [InlineData("AQI")]
    [InlineData("AQ")]
    [InlineData("A===")]
    [InlineData("====")]
    [InlineData("AR==")]
    [InlineData("AQJ=")]
    [InlineData("-_-_")]
    [InlineData("AQ ID")]
    [InlineData("AQID\n")]
    [InlineData("AQ==AQ==")]
    [InlineData("A=ID")]
    public void Anything_else_is_refused(string text) => Assert.Null(Decode(text));

    private static byte[]? Decode(string text)
    {
        var destination = new byte[StrictBase64.BytesMax(text.Length)];
        return StrictBase64.TryDecode(Encoding.UTF8.GetBytes(text), destination, out var written) ? destination[..written] : null;
    }
}
