using HeliosSync.Domain;

namespace HeliosSync.Codec;

/// <summary>What a body is: a message, or the reason why it is none. Exactly one of the two is there.</summary>
/// <param name="Value">The message.</param>
/// <param name="Refusal">Why there is none.</param>
public readonly record struct Parsed<T>(T? Value, Refusal? Refusal)
    where T : class;
