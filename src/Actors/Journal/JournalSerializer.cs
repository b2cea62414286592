using System.Diagnostics;
using Akka.Actor;
using Akka.Serialization;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Actors.Journal;

/// <summary>
/// What Akka is given to persist: bytes that are finished already. A serializer that failed here would leave a gap in the journal
/// behind which later events were acknowledged; this one hands the bytes through and cannot fail.
/// </summary>
/// <param name="Manifest">Kind and version of the event, such as <c>pushed/1</c>.</param>
/// <param name="Bytes">The event.</param>
internal sealed record JournalEvent(string Manifest, byte[] Bytes)
{
    /// <summary>In recovery: told that the tenant has taken this event, so that more may come. Null where nobody waits for it.</summary>
    public Action? Taken { get; init; }

    /// <summary>The span that it was decided in; null where it is not traced. Not stored.</summary>
    public Activity? Trace { get; set; }
}

/// <summary>Events to and from the journal. Identifier and manifests are stored for ever.</summary>
internal sealed class JournalSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    public const int StoredIdentifier = 7_001;

    public override int Identifier => StoredIdentifier;

    public override string Manifest(object o) => ((JournalEvent)o).Manifest;

    public override byte[] ToBinary(object obj) => ((JournalEvent)obj).Bytes;

    public override object FromBinary(byte[] bytes, string manifest) => new JournalEvent(manifest, bytes);
}

/// <summary>A tenant's state, on its way into the snapshot file or out of it.</summary>
/// <param name="Of">Whose it is, and of which event.</param>
/// <param name="State">The state.</param>
internal sealed record StoredSnapshot(SnapshotEnvelope Of, TenantSnapshot State);

/// <summary>
/// Snapshots to and from their file. The work is done here, on the snapshot store's thread, not in the tenant's actor. A snapshot that
/// is corrupt, or was made with another database's hash key, throws: Akka then recovers from the events alone.
/// </summary>
internal sealed class SnapshotSerializer(ExtendedActorSystem system, KeyedHash hash) : SerializerWithStringManifest(system)
{
    public const int StoredIdentifier = 7_002;

    private const string Version2 = "tenant/2";

    public override int Identifier => StoredIdentifier;

    public override string Manifest(object o) => Version2;

    public override byte[] ToBinary(object obj)
    {
        using var bytes = Bytes((StoredSnapshot)obj);
        return bytes.ToArray();
    }

    /// <summary>The same bytes, without an array that holds them all.</summary>
    public SnapshotBytes Bytes(StoredSnapshot snapshot) => SnapshotWriter.Write(snapshot.Of, snapshot.State, hash);

    public override object FromBinary(byte[] bytes, string manifest)
    {
        if (manifest != Version2)
        {
            throw new InvalidDataException($"This program knows no snapshot of the kind '{manifest}'.");
        }

        var envelope = SnapshotEnvelope.Read(bytes, out var at);
        return new StoredSnapshot(
            envelope,
            SnapshotReader.Read(bytes.AsMemory(at), hash) ?? throw new InvalidDataException("The snapshot belongs to another database."));
    }
}
