using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>Reads the body of <c>POST /pull</c> (protocol 4.2).</summary>
public sealed class PullReader : MessageReader<Pull>
{
    private protected override MessageParser<Pull> Begin() => new PullParser();
}
