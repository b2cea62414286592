namespace HeliosSync.Domain;

/// <summary>What a registration leads to: a refusal, an event, or (both null) nothing new.</summary>
public readonly record struct RegisterDecision(Refusal? Refusal, Registered? Event);

/// <summary>What a push leads to: a refusal, the repeat of an outcome, or an event.</summary>
/// <param name="Refusal">Not judged, and why.</param>
/// <param name="RepeatOf">Journal sequence number of the event that holds the outcome; 0 where it is no repeat.</param>
/// <param name="Event">Judged, and how.</param>
/// <param name="ServerLsn">The safe position to answer with (protocol 5.4).</param>
/// <param name="Follows">Whether the push follows the client's position directly and so raises it to <paramref name="ServerLsn"/>.</param>
public readonly record struct PushDecision(Refusal? Refusal, long RepeatOf, Pushed? Event, long ServerLsn, bool Follows);

/// <summary>Where a registered client stands.</summary>
/// <param name="Node">Its current node.</param>
/// <param name="Position">Up to where it says it has applied everything.</param>
/// <param name="JudgedLsn">The highest local number judged from its node.</param>
/// <param name="JudgedCounter">The highest counter judged from its node.</param>
public readonly record struct Standing(NodeId Node, long Position, long JudgedLsn, long JudgedCounter);
