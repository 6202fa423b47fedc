internal import DequeModule

/// The outcomes that a closed circuit remembers: exact stamps of the last failures for the threshold, and counts in
/// slices of the window for the ratio. Memory is bounded by `failThreshold` stamps and 64 slices.
struct FailureWindow: Sendable {
    private struct Slice {
        let number: Int64
        var outcomes = 0
        var failures = 0
    }

    private static let slicesPerWindow: Int64 = 64

    private let settings: CircuitSettings
    private let sliceLength: Int64
    private var stamps: Deque<Instant> = []
    private var slices: Deque<Slice> = []
    private var outcomes = 0
    private var failures = 0

    init(_ settings: CircuitSettings) {
        self.settings = settings
        sliceLength = max(1, settings.window.nanoseconds / Self.slicesPerWindow)
    }

    /// Counts one outcome. Returns why the circuit must open, if it must.
    mutating func record(isFailure: Bool, now: Instant) -> CircuitTransition.Cause? {
        if let threshold = settings.failThreshold, isFailure {
            forgetStamps(before: now)
            stamps.append(now)
            if stamps.count >= threshold { return .threshold }
        }
        if let ratio = settings.failureRatio {
            count(isFailure: isFailure, now: now)
            if outcomes >= settings.minRequests, failures > 0, Double(failures) >= ratio * Double(outcomes) {
                return .ratio
            }
        }
        return nil
    }

    /// Failures in the window: exact with a threshold, to a 64th of the window without.
    mutating func failures(now: Instant) -> Int {
        guard settings.failThreshold == nil else {
            forgetStamps(before: now)
            return stamps.count
        }
        forgetSlices(before: now)
        return failures
    }

    private mutating func forgetStamps(before now: Instant) {
        while let oldest = stamps.first, oldest + settings.window <= now {
            stamps.removeFirst()
        }
    }

    private mutating func count(isFailure: Bool, now: Instant) {
        forgetSlices(before: now)
        let number = sliceNumber(now)
        if slices.last?.number != number { slices.append(Slice(number: number)) }
        let last = slices.endIndex - 1
        slices[last].outcomes += 1
        outcomes += 1
        if isFailure {
            slices[last].failures += 1
            failures += 1
        }
    }

    private mutating func forgetSlices(before now: Instant) {
        while let oldest = slices.first, oldest.number <= sliceNumber(now) - Self.slicesPerWindow {
            outcomes -= oldest.outcomes
            failures -= oldest.failures
            slices.removeFirst()
        }
    }

    private func sliceNumber(_ now: Instant) -> Int64 {
        now.nanoseconds / sliceLength
    }
}
