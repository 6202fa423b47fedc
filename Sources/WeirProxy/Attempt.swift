internal import WeirCore

/// What one attempt of a call holds, owes and waits for.
struct Attempt {
    /// Its units and places; what is owed of them is given back when it is over.
    let admission: Admission
    /// Its right to be made, until its outcome has been told.
    var permit: CircuitPermit?
    /// When its head was sent.
    let sentAt: Instant
    /// When the response head is due.
    let responseDue: Instant
    /// When it counts as slow; nil where that is off, or has been counted.
    var slowDue: Instant?
    /// Whether its failure has been counted: it is counted once.
    var hasFailed = false
}
