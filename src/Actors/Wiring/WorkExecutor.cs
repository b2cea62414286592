using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Dispatch;

namespace HeliosSync.Actors.Wiring;

/// <summary>Tells an actor system where its actors are to run.</summary>
internal sealed class WorkExecutorSetup(Work work) : Setup
{
    public Work Work => work;
}

/// <summary>Has actors run where <see cref="Work"/> belongs. Akka makes it, by the name that stands in the wiring.</summary>
internal sealed class WorkExecutorConfigurator(Config config, IDispatcherPrerequisites prerequisites)
    : ExecutorServiceConfigurator(config, prerequisites)
{
    public override ExecutorService Produce(string id) =>
        new WorkExecutor(id, Prerequisites.Settings.Setup.Get<WorkExecutorSetup>().Value.Work);

    private sealed class WorkExecutor(string id, Work work) : ExecutorService(id)
    {
        public override void Execute(IRunnable run) => work.Post(run);

        /// <summary>The threads end with the server, after its actors.</summary>
        public override void Shutdown()
        {
        }
    }
}
