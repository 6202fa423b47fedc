internal import WeirCore

/// The stops and the circuit of an upstream, or of one endpoint of it, in the state file.
struct StateScope: Sendable {
    /// A stop of the provider, by the wall clock: what is left of it in another boot.
    struct WallStop: Equatable {
        let isBan: Bool
        let end: Instant
        let length: TimeSpan
    }

    let region: StateRegion

    private var content: Int { region.entry(0) + StateLayout.Entry.content }

    // MARK: Stops

    /// Stops until a moment; an earlier stop that ends later stays. A kill on the way leaves the old stop or the new one.
    func stop(until: Instant, isBan: Bool, wallOffset: TimeSpan, now: Instant) {
        let place = content + (isBan ? StateLayout.Scope.ban : StateLayout.Scope.stop)
        let end = StateMoment.payload(until)
        guard until > now, end > StateWord.payload(region.segment.load(place)) else { return }
        // In another boot a stop lasts until its wall end and no longer than it was meant to: the length goes first, or a
        // new end would be cut to an old length.
        region.segment.store(place + 2, Self.sealed(Instant(nanoseconds: 0) + (until - now)))
        region.segment.store(place + 1, Self.sealed(until + wallOffset))
        region.segment.store(place, StateWord.seal(end))
    }

    /// The stops that last beyond `now`, in this boot.
    func stops(now: Instant) -> [(until: Instant, isBan: Bool)] {
        [false, true].compactMap { isBan in
            let until = moment(isBan ? StateLayout.Scope.ban : StateLayout.Scope.stop)
            return until.flatMap { $0 > now ? ($0, isBan) : nil }
        }
    }

    /// The stops, by the wall clock.
    var wallStops: [WallStop] {
        [false, true].compactMap { isBan in
            let place = isBan ? StateLayout.Scope.ban : StateLayout.Scope.stop
            guard let end = moment(place + 1), let length = moment(place + 2) else { return nil }
            return WallStop(isBan: isBan, end: end, length: length - Instant(nanoseconds: 0))
        }
    }

    /// Follows the wall clock, which is so far ahead of the monotonic one.
    func follow(wallOffset: TimeSpan) {
        for place in [StateLayout.Scope.stop, StateLayout.Scope.ban] {
            guard let until = moment(place), let wall = moment(place + 1) else { continue }
            let drift = (until + wallOffset) - wall
            if drift >= .seconds(1) || drift <= .seconds(-1) {
                region.segment.store(content + place + 1, Self.sealed(until + wallOffset))
            }
        }
    }

    // MARK: The circuit

    /// What the circuit is; nil: CLOSED.
    func set(_ circuit: CircuitRecord?) {
        let place = content + StateLayout.Scope.circuit
        guard let circuit else { return region.segment.store(place, 0) }
        region.segment.store(place + 1, Self.sealed(circuit.since))
        region.segment.store(place + 2, StateWord.seal(UInt64(max(0, circuit.failedProbes))))
        region.segment.store(place, Self.sealed(circuit.until))
    }

    /// What the circuit was, in this boot; nil: CLOSED.
    var circuit: CircuitRecord? {
        guard let until = moment(StateLayout.Scope.circuit) else { return nil }
        let since = moment(StateLayout.Scope.circuit + 1) ?? until
        let probes = StateWord.payload(region.segment.load(content + StateLayout.Scope.circuit + 2))
        return CircuitRecord(since: since, until: until, failedProbes: Int(clamping: probes))
    }

    private func moment(_ place: Int) -> Instant? {
        StateMoment.moment(StateWord.payload(region.segment.load(content + place)))
    }

    private static func sealed(_ moment: Instant) -> UInt64 {
        StateWord.seal(StateMoment.payload(moment))
    }
}
