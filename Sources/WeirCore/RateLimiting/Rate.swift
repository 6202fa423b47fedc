/// An exact rate: `permits` per `period`, both positive whole numbers in lowest terms.
///
/// Keeping the fraction (0.33/s is 33 per 100 s) is what keeps a bucket from drifting: nothing is rounded.
public struct Rate: Hashable, Sendable {
    /// Permits gained every `period`; at least 1.
    public let permits: Int64
    /// The time in which `permits` are gained; at least 1 ns.
    public let period: TimeSpan

    /// A rate of `permits` per `period`; values below 1 (or 1 ns) are raised to it.
    public init(permits: Int64, per period: TimeSpan) {
        let count = max(1, permits)
        let length = max(1, period.nanoseconds)
        let divisor = Rate.greatestCommonDivisor(count, length)
        self.permits = count / divisor
        self.period = TimeSpan(nanoseconds: length / divisor)
    }

    private static func greatestCommonDivisor(_ left: Int64, _ right: Int64) -> Int64 {
        var (larger, smaller) = (left, right)
        while smaller != 0 {
            (larger, smaller) = (smaller, larger % smaller)
        }
        return larger
    }
}
