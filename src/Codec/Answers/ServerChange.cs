namespace HeliosSync.Codec;

/// <summary>The version that a conflict met, for its report (protocol 5.5).</summary>
/// <param name="Change">The version, in memory of its own.</param>
/// <param name="DataOmitted">Whether its data was left out, because the answer would have carried more than 1 MiB of data.</param>
public readonly record struct ServerChange(StoredChange Change, bool DataOmitted);
