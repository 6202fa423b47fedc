package import WeirCore

/// Where a limiter and its circuits write down what a restart must not forget, in the moment in which it happens: a unit
/// before its attempt is sent.
///
/// Called on the limiter's loop only, and never to wait for anything.
package protocol AdmissionJournal: AnyObject, Sendable {
    /// An admission took of a limit.
    func took(_ charge: Charge, now: Instant)

    /// What an admission took at `takenAt` has been given back. The charge has the limit's mark as it is since.
    func gaveBack(_ charge: Charge, takenAt: Instant)

    /// The use of a limit's keys has been forgotten, by where they are counted; nil: of all of them.
    func reset(limit: Int, slots: [Int]?)

    /// The provider said stop; an earlier stop that ends later stays.
    func froze(_ scope: HoldScope, until: Instant, isBan: Bool, now: Instant)

    /// The wall clock is so far ahead of the monotonic one.
    func setWallOffset(_ offset: TimeSpan)
}

/// Where a circuit writes down what a restart must not forget: what it is while not CLOSED, nil once it is. Called on its
/// loop.
package typealias CircuitJournal = @Sendable (CircuitRecord?) -> Void
