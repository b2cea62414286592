using Microsoft.Data.Sqlite;

namespace HeliosSync.Actors.Journal;

/// <summary>Something short that is done between two groups of writes, and the promise to whoever waits for it.</summary>
/// <param name="work">What is done.</param>
internal sealed class JournalStep(Action<SqliteConnection> work)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Action<SqliteConnection> Work => work;

    public Task Task => _done.Task;

    public void Complete() => _done.TrySetResult();

    public void Fail(Exception why)
    {
        _done.TrySetException(why);
        // Perhaps nobody looks at it any more.
        _ = _done.Task.Exception;
    }
}
