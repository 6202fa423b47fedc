/// One stay in HALF_OPEN: the probes in flight and the successes in a row. A slot is given back by any outcome, and a
/// probe without one times out, so no slot can be lost.
struct ProbeRound: Sendable {
    /// What the round has shown so far.
    enum Verdict: Sendable {
        /// Nothing yet.
        case undecided
        /// The provider works again: the circuit closes.
        case proven
        /// A probe had no outcome in time: the circuit opens.
        case timedOut
    }

    private struct Probe {
        let number: UInt64
        let deadline: Instant
    }

    private let since: Instant
    private var probes: [Probe] = []
    private var successes = 0
    private var lastNumber: UInt64 = 0

    /// A round that begins at `since`, with no probe in flight.
    init(since: Instant) {
        self.since = since
    }

    /// Whether `probeCount` probes are in flight.
    func isFull(_ settings: CircuitSettings) -> Bool {
        probes.count >= settings.probeCount
    }

    /// Takes a slot of a round that is not full, and returns the probe's number.
    mutating func claim(_ settings: CircuitSettings, now: Instant) -> UInt64 {
        lastNumber += 1
        probes.append(Probe(number: lastNumber, deadline: now + settings.probeTimeout))
        return lastNumber
    }

    /// Gives a slot back; a success counts. Returns whether the probe was in flight: otherwise nothing has changed.
    mutating func finish(_ number: UInt64?, isSuccess: Bool) -> Bool {
        guard let index = probes.firstIndex(where: { $0.number == number }) else { return false }
        probes.remove(at: index)
        if isSuccess { successes += 1 }
        return true
    }

    /// What has become clear by `now`. Of two things that time alone has brought about the earlier one counts; where they
    /// fall together, the failure.
    func verdict(_ settings: CircuitSettings, now: Instant) -> Verdict {
        let timeout = firstTimeout ?? .distantFuture
        if let proof = proof(settings), proof <= now, proof < timeout { return .proven }
        return timeout <= now ? .timedOut : .undecided
    }

    /// When time alone will decide; nil: never.
    func nextEvent(_ settings: CircuitSettings) -> Instant? {
        guard let proof = proof(settings) else { return firstTimeout }
        return min(firstTimeout ?? proof, proof)
    }

    /// The slot whose time runs out first.
    private var firstTimeout: Instant? {
        probes.lazy.map(\.deadline).min()
    }

    /// When the dwell has been seen, once the successes have.
    private func proof(_ settings: CircuitSettings) -> Instant? {
        successes >= settings.probeCount ? since + settings.halfOpenDwell : nil
    }
}
