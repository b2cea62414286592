namespace HeliosSync.Micro;

/// <summary>Counts the bytes that an operation allocates on the thread that does it.</summary>
internal static class AllocationMeter
{
    private const int WarmUps = 5;
    private const int Rounds = 3;
    private const int OperationsPerRound = 5;

    /// <summary>
    /// Bytes for each time: those of the leanest round, since a pool that gave its buffers back to the collector in between takes new
    /// ones once. Throws where the operation does not give what it should.
    /// </summary>
    public static long Measure(MicroOperation operation)
    {
        for (var i = 0; i < WarmUps; i++)
        {
            if (operation.Run() is var given && given != operation.Expected)
            {
                throw new InvalidOperationException($"{operation.Name} gave {given} instead of {operation.Expected}.");
            }
        }

        var least = long.MaxValue;
        for (var round = 0; round < Rounds; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < OperationsPerRound; i++)
            {
                operation.Run();
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least / OperationsPerRound;
    }
}
