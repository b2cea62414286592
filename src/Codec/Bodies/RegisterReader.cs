using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>Reads the body of <c>POST /register</c> (protocol 4.1).</summary>
public sealed class RegisterReader : MessageReader<Register>
{
    private protected override MessageParser<Register> Begin() => new RegisterParser();
}
