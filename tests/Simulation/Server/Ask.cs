using HeliosSync.Actors.Tenants;

namespace HeliosSync.Simulation;

/// <summary>A message to a tenant and whoever waits for its one reply, which continues within the step that answers it.</summary>
internal sealed class Ask(ITenantMessage message)
{
    private readonly TaskCompletionSource<object> _reply = new();

    public ITenantMessage Message => message;

    public Task<object> Reply => _reply.Task;

    /// <summary>Whether the tenant has answered; the answer may still be on its way.</summary>
    public bool IsAnswered { get; private set; }

    /// <summary>Answers, a moment later, as a mailbox would; a second answer is one too many.</summary>
    public void Answer(World world, object answer)
    {
        if (IsAnswered)
        {
            world.Violate(Oracle.EveryoneIsAnswered, $"{message.GetType().Name} is answered twice");
            return;
        }

        IsAnswered = true;
        var life = world.ServerLife;
        world.After(world.Chance.Between(0, 2 * World.Millisecond), () =>
        {
            if (world.ServerLife == life)
            {
                _reply.TrySetResult(answer);
            }
        });
    }

    /// <summary>Whoever asked waits no longer, as <c>TenantPort</c> does; the tenant still owes its answer.</summary>
    public void GiveUp() => _reply.TrySetResult(ComeAgain.StorageUnavailable);
}
