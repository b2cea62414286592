namespace HeliosSync.Codec;

/// <summary>The names under which events are stored, each with the version of its layout: see this folder's README.</summary>
public static class EventManifests
{
    /// <summary>Manifest of a client's first registration; the journal counts clients by it.</summary>
    public const string Registered = "registered/1";

    /// <summary>Manifest of a registration that changes a known client.</summary>
    public const string Reregistered = "reregistered/1";

    /// <summary>Manifest of a judged push, all of whose conflicts were rejected by the policy <c>reject</c>.</summary>
    public const string Pushed = "pushed/1";

    /// <summary>Manifest of a judged push with a conflict that another policy was in force for (protocol 5.5).</summary>
    public const string PushedByPolicy = "pushed/2";

    /// <summary>Manifest of a judged push that settled conflicts (protocol 4.7).</summary>
    public const string PushedSettling = "pushed/3";

    /// <summary>Manifest of a tenant's own conflict policies.</summary>
    public const string Policy = "policy/1";

    /// <summary>Manifest of a client's end; the journal counts clients by it.</summary>
    public const string Forgotten = "forgotten/1";

    /// <summary>Manifest of a journal's restoration from a backup.</summary>
    public const string Restored = "restored/1";

    /// <summary>Manifest of clients' last contacts.</summary>
    public const string Seen = "seen/1";

    /// <summary>Manifest of what compaction left of a push, or of several events.</summary>
    public const string Compacted = "compacted/1";

    /// <summary>Whether a push, or what is left of one, is stored under that manifest, so that <see cref="PushedView"/> reads it.</summary>
    public static bool IsPush(string manifest) =>
        manifest is Pushed or PushedByPolicy or PushedSettling or Compacted;
}
