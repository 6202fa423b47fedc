/// The count of a concurrency limit: never more than its room in flight.
struct Concurrency: Sendable {
    /// Places taken.
    private(set) var inFlight = 0

    /// `now` where `units` more fit into `room`; nil where a place must be given back first.
    func earliest(units: Int, room: Int, now: Instant) -> Instant? {
        units <= room - inFlight ? now : nil
    }

    /// Takes `units` places.
    mutating func take(units: Int) {
        inFlight = inFlight.addingReportingOverflow(units).overflow ? .max : inFlight + units
    }

    /// Gives places back, at most those that are taken.
    mutating func giveBack(units: Int) {
        inFlight = max(0, inFlight - units)
    }
}
