namespace HeliosSync.Host;

/// <summary>Is told of every request that was answered, once, when its answer is made; it must not throw, nor take long.</summary>
internal interface IRequestWatcher
{
    /// <summary>One answered request.</summary>
    /// <param name="exchange">The request, its token where it held, and the error it was answered with.</param>
    /// <param name="took">From the request's headers to the end of its answer; of a stream, how long it lived.</param>
    void Answered(Exchange exchange, TimeSpan took);
}
