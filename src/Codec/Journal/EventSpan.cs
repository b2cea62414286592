namespace HeliosSync.Codec;

/// <summary>
/// Which of a tenant's events a row of the journal stands for: itself, and those right before it that compaction took away. So a journal
/// can be told to be whole also where events are missing: each begins at or before the number behind the one before it.
/// </summary>
public static class EventSpan
{
    /// <summary>
    /// The first number that a row stands for. Its bytes must have been verified; corrupt ones are an <see cref="InvalidDataException"/>.
    /// </summary>
    /// <param name="manifest">Its kind and version.</param>
    /// <param name="bytes">Its bytes.</param>
    /// <param name="sequence">Its number.</param>
    public static long First(string manifest, ReadOnlyMemory<byte> bytes, long sequence)
    {
        if (manifest != EventManifests.Compacted)
        {
            return sequence;
        }

        var first = new PushedView(bytes).FirstSequence(sequence);
        return first > 0 ? first : throw BytesReader.Corrupt("it stands for more events than there were");
    }
}
