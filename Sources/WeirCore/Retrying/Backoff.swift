/// How long to wait before a retry: exponential, capped, and spread so that callers that failed together do not come
/// back together.
struct Backoff: Hashable, Sendable {
    private let initial: Double
    private let multiplier: Double
    private let most: Double
    private let jitter: Double

    init(_ settings: RetrySettings) {
        initial = Double(max(0, settings.initialDelay.nanoseconds))
        multiplier = max(1, settings.multiplier)
        most = Double(max(0, settings.maxDelay.nanoseconds))
        jitter = min(1, max(0, settings.jitter))
    }

    /// The wait before the `retry`-th retry (1 is the first): even over ± `jitter` of min(`initialDelay` ×
    /// `multiplier`^(retry − 1), `maxDelay`), cut off at `maxDelay`. The spread is narrowed to what lies below the
    /// cap, so that the longest waits do not gather at it.
    func delay(retry: Int, random: inout some RandomNumberGenerator) -> TimeSpan {
        var length = initial
        var step = 1
        while step < retry, multiplier > 1, length > 0, length < most {
            length *= multiplier
            step += 1
        }
        length = min(length, most)
        let shortest = Self.nanoseconds(length * (1 - jitter))
        let longest = max(shortest, Self.nanoseconds(min(length * (1 + jitter), most)))
        // Both lie in 0...2^62, so the width fits; the high word of the product is even over 0...width.
        let width = UInt64(longest - shortest)
        let offset = random.next().multipliedFullWidth(by: width + 1).high
        return TimeSpan(nanoseconds: shortest + Int64(offset))
    }

    private static func nanoseconds(_ length: Double) -> Int64 {
        length < 0x1p62 ? Int64(length + 0.5) : 1 << 62
    }
}
