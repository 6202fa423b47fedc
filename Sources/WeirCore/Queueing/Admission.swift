/// The permission for one attempt, as a token: what it took is given back or released by it.
public struct Admission: Sendable {
    /// How long a limit kept the call waiting; 0 where none did.
    public let waited: TimeSpan

    /// When it was given.
    package let takenAt: Instant
    /// Its number among all admissions of the limiter; wraps.
    let number: UInt32
    /// The configuration under which it was given.
    let era: UInt32
    let endpoint: Int
    let cost: Int
    let keys: CallKeys
    /// Its entry in the books of places in flight; nil where its endpoint has no such limit.
    let holding: PlaceTicket?
}

/// Whether limits are held to, or only watched.
public enum AdmissionMode: Sendable {
    /// Calls wait and are refused.
    case enforce
    /// Nothing waits for a limit or is refused by one. What would have happened is told, and units are taken all the same.
    case shadow
}

/// What a limiter in shadow would have done with a call that it admits.
public enum ShadowVerdict: Hashable, Sendable {
    /// It would have waited.
    case wait
    /// It would have been refused.
    case refuse(RefusalReason)
}
