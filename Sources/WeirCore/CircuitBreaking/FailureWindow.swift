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

    private var length: TimeSpan
    private var threshold: Int?
    private var ratio: Double?
    private var minRequests: Int
    private var sliceLength: Int64
    private var stamps: Deque<Instant> = []
    private var slices: Deque<Slice> = []
    private var outcomes = 0
    private var failures = 0

    /// An empty window.
    init(_ settings: CircuitSettings) {
        length = settings.window
        threshold = settings.failThreshold
        ratio = settings.failureRatio
        minRequests = settings.minRequests
        sliceLength = Self.sliceLength(settings)
    }

    /// Counts one outcome. Returns why the circuit must open, if it must.
    mutating func record(isFailure: Bool, now: Instant) -> CircuitTransition.Cause? {
        let thresholdReached = isFailure && stamp(now: now)
        let ratioReached = count(isFailure: isFailure, now: now)
        return thresholdReached ? .threshold : ratioReached ? .ratio : nil
    }

    /// Failures in the window: exact with a threshold, which is the most that is shown; to a 64th of the window without.
    mutating func failures(now: Instant) -> Int {
        guard threshold == nil else {
            forgetStamps(before: now)
            return stamps.count
        }
        forgetSlices(before: now)
        return failures
    }

    /// Follows other settings from `now` on. What has been counted stays counted, under the last moment of its old slice.
    mutating func follow(_ settings: CircuitSettings, now: Instant) {
        let old = (slices: slices, length: sliceLength, stamps: stamps)
        self = FailureWindow(settings)
        if threshold != nil { stamps = old.stamps }
        guard ratio != nil else { return }
        for slice in old.slices {
            let end = Instant(nanoseconds: slice.number * old.length) + TimeSpan(nanoseconds: old.length - 1)
            add(outcomes: slice.outcomes, failures: slice.failures, slice: sliceNumber(min(end, now)))
        }
    }

    /// Keeps the stamp of a failure. Returns whether the threshold is reached; nothing where there is none.
    private mutating func stamp(now: Instant) -> Bool {
        guard let threshold else { return false }
        forgetStamps(before: now)
        stamps.append(now)
        while stamps.count > max(1, threshold) { stamps.removeFirst() }
        return stamps.count >= threshold
    }

    private mutating func forgetStamps(before now: Instant) {
        while let oldest = stamps.first, oldest + length <= now {
            stamps.removeFirst()
        }
    }

    /// Counts an outcome into its slice. Returns whether the share of failures is reached; nothing where none is set. The
    /// quotient, correctly rounded, equals a ratio written in decimals exactly when the share does; a product need not.
    private mutating func count(isFailure: Bool, now: Instant) -> Bool {
        guard let ratio else { return false }
        forgetSlices(before: now)
        add(outcomes: 1, failures: isFailure ? 1 : 0, slice: sliceNumber(now))
        guard outcomes >= minRequests, failures > 0 else { return false }
        return Double(failures) / Double(outcomes) >= ratio
    }

    private mutating func add(outcomes: Int, failures: Int, slice number: Int64) {
        if slices.last?.number != number { slices.append(Slice(number: number)) }
        let last = slices.endIndex - 1
        slices[last].outcomes += outcomes
        slices[last].failures += failures
        self.outcomes += outcomes
        self.failures += failures
    }

    private mutating func forgetSlices(before now: Instant) {
        let number = sliceNumber(now)
        while let oldest = slices.first, oldest.number <= number - Self.slicesPerWindow {
            outcomes -= oldest.outcomes
            failures -= oldest.failures
            slices.removeFirst()
        }
    }

    private func sliceNumber(_ now: Instant) -> Int64 {
        now.nanoseconds / sliceLength
    }

    private static func sliceLength(_ settings: CircuitSettings) -> Int64 {
        max(1, settings.window.nanoseconds / slicesPerWindow)
    }
}
