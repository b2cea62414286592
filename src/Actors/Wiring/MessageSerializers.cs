using Akka.Actor;
using Akka.Serialization;
using HeliosSync.Actors.Tenants;

namespace HeliosSync.Actors.Wiring;

/// <summary>The small messages that a later cluster sends between nodes: only those that stop a tenant.</summary>
internal sealed class ControlSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    private const string StoppingManifest = "stopping/1";

    public override int Identifier => 7_003;

    public override string Manifest(object o) => o switch
    {
        Stopping => StoppingManifest,
        _ => throw new NotSupportedException($"{o.GetType()} is no message between nodes."),
    };

    public override byte[] ToBinary(object obj) => [];

    public override object FromBinary(byte[] bytes, string manifest) => manifest switch
    {
        StoppingManifest => Stopping.Instance,
        _ => throw new NotSupportedException($"'{manifest}' is no message between nodes."),
    };
}

/// <summary>
/// In the place of Akka's default: refuses everything. A push or a page must never cross nodes through Akka, whose frames are
/// smaller than they are, and nothing may be stored in a form that follows the shape of our classes.
/// </summary>
internal sealed class RefusingSerializer(ExtendedActorSystem system) : Serializer(system)
{
    public override int Identifier => 7_000;

    public override bool IncludeManifest => false;

    public override byte[] ToBinary(object obj) => throw Refusal(obj.GetType());

    public override object FromBinary(byte[] bytes, Type type) => throw Refusal(type);

    private static NotSupportedException Refusal(Type type) => new($"{type} has no serializer, and is to have none.");
}
