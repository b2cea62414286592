using System.Collections.Concurrent;
using Akka.Actor.Setup;
using HeliosSync.Actors.Wiring;

namespace HeliosSync.Integration.Storage;

/// <summary>What the actors ask of their storage.</summary>
public enum StorageCall
{
    /// <summary>Write events.</summary>
    Write,

    /// <summary>Read the highest sequence number.</summary>
    Highest,

    /// <summary>Read events.</summary>
    Replay,

    /// <summary>Read the newest snapshot.</summary>
    Load,

    /// <summary>Keep a snapshot.</summary>
    Save,

    /// <summary>Delete older snapshots.</summary>
    Delete,
}

/// <summary>What becomes of a call.</summary>
public enum StorageFault
{
    /// <summary>It is done.</summary>
    None,

    /// <summary>It fails, and nothing was done.</summary>
    FailBefore,

    /// <summary>It is done, and reported as failed.</summary>
    FailAfter,

    /// <summary>Its events are rejected one by one; nothing was done.</summary>
    Reject,

    /// <summary>It does nothing until <see cref="StorageFaults.Release"/>, then it is done.</summary>
    HangBefore,

    /// <summary>It is done, and says so only after <see cref="StorageFaults.Release"/>.</summary>
    HangAfter,
}

/// <summary>The failure of a call that a test wanted to fail.</summary>
public sealed class PlannedFailureException(string message) : Exception(message);

/// <summary>Does something in the plugin's own time, as an actor must: its state is nobody else's.</summary>
public delegate void Later(Action work);

/// <summary>
/// What fails: decided for each call by its kind, by whom it is for, and by how many calls of that kind there were before. The plugins
/// <see cref="FaultyJournal"/>, <see cref="FaultySqlJournal"/> and <see cref="FaultySnapshots"/> find it in the actor system's settings.
/// </summary>
public sealed class StorageFaults : Setup
{
    private readonly ConcurrentDictionary<(StorageCall, string), int> _calls = new();
    private readonly ConcurrentDictionary<StorageFault, int> _met = new();
    private TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What becomes of the call with that number, counted from 1 for each kind and persistence id.</summary>
    public Func<StorageCall, string, int, StorageFault> Plan { get; set; } = static (_, _, _) => StorageFault.None;

    /// <summary>The plugins, with these timeouts in place of the shipped ones.</summary>
    internal StoragePlugins Plugins(TimeSpan callTimeout) => new(
        $$"""
        akka {
          persistence {
            journal {
              sqlite {
                class = "{{typeof(FaultyJournal).FullName}}, {{typeof(FaultyJournal).Assembly.GetName().Name}}"
                recovery-event-timeout = {{callTimeout.TotalMilliseconds * 2}}ms
                circuit-breaker {
                  call-timeout = {{callTimeout.TotalMilliseconds}}ms
                }
              }
              sql {
                class = "{{typeof(FaultySqlJournal).FullName}}, {{typeof(FaultySqlJournal).Assembly.GetName().Name}}"
                recovery-event-timeout = {{callTimeout.TotalMilliseconds * 2}}ms
                circuit-breaker {
                  call-timeout = {{callTimeout.TotalMilliseconds}}ms
                }
              }
            }
            snapshot-store {
              sql {
                class = "{{typeof(FaultySnapshots).FullName}}, {{typeof(FaultySnapshots).Assembly.GetName().Name}}"
                circuit-breaker {
                  call-timeout = {{callTimeout.TotalMilliseconds}}ms
                }
              }
            }
          }
        }
        """,
        [this]);

    /// <summary>How many calls met that fault.</summary>
    public int Met(StorageFault fault) => _met.GetValueOrDefault(fault);

    /// <summary>Lets every call go on that hangs; those that come later hang again.</summary>
    public void Release() => Interlocked.Exchange(ref _gate, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();

    /// <summary>Makes a call, or what the plan makes of it.</summary>
    /// <param name="call">What is asked.</param>
    /// <param name="persistenceId">For whom.</param>
    /// <param name="later">How to do it at a later time.</param>
    /// <param name="work">Does it.</param>
    /// <param name="reject">What rejects it.</param>
    public async Task<T> RunAsync<T>(
        StorageCall call, string persistenceId, Later later, Func<Task<T>> work, Func<T>? reject = null)
    {
        var fault = Plan(call, persistenceId, _calls.AddOrUpdate((call, persistenceId), 1, static (_, n) => n + 1));
        _met.AddOrUpdate(fault, 1, static (_, n) => n + 1);
        switch (fault)
        {
            case StorageFault.FailBefore:
                throw new PlannedFailureException($"{call} for {persistenceId} fails before.");
            case StorageFault.FailAfter:
                await work();
                throw new PlannedFailureException($"{call} for {persistenceId} fails after.");
            case StorageFault.Reject when reject is not null:
                return reject();
            case StorageFault.HangBefore:
                await _gate.Task;
                var done = new TaskCompletionSource<Task<T>>(TaskCreationOptions.RunContinuationsAsynchronously);
                later(() => done.SetResult(work()));
                return await await done.Task;
            case StorageFault.HangAfter:
                var gate = _gate.Task;
                var result = await work();
                await gate;
                return result;
            default:
                return await work();
        }
    }
}
