/// A span of time in whole nanoseconds.
///
/// Arithmetic saturates at ±292 years instead of trapping, so no configuration can make it overflow.
public struct TimeSpan: Hashable, Comparable, Sendable {
    /// The length in nanoseconds.
    public var nanoseconds: Int64

    /// No time at all.
    public static let zero = TimeSpan(nanoseconds: 0)

    /// A span of `nanoseconds`.
    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// A span of whole milliseconds.
    public static func milliseconds(_ count: Int64) -> TimeSpan {
        TimeSpan(nanoseconds: saturatingProduct(count, 1_000_000))
    }

    /// A span of whole seconds.
    public static func seconds(_ count: Int64) -> TimeSpan {
        TimeSpan(nanoseconds: saturatingProduct(count, 1_000_000_000))
    }

    /// Whole milliseconds, rounded up: a caller that waits so long has waited long enough.
    public var milliseconds: Int64 {
        nanoseconds / 1_000_000 + (nanoseconds % 1_000_000 > 0 ? 1 : 0)
    }

    /// The shorter span comes first.
    public static func < (left: TimeSpan, right: TimeSpan) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// The sum, saturating.
    public static func + (left: TimeSpan, right: TimeSpan) -> TimeSpan {
        TimeSpan(nanoseconds: saturatingSum(left.nanoseconds, right.nanoseconds))
    }

    /// The span `count` times over, saturating.
    public static func * (span: TimeSpan, count: Int64) -> TimeSpan {
        TimeSpan(nanoseconds: saturatingProduct(span.nanoseconds, count))
    }
}

/// A moment on a monotonic clock, in nanoseconds since that clock's origin.
///
/// Deciders are given instants and never read a clock. Arithmetic saturates.
public struct Instant: Hashable, Comparable, Sendable {
    /// Nanoseconds since the clock's origin.
    public var nanoseconds: Int64

    /// Later than any other instant: never.
    public static let distantFuture = Instant(nanoseconds: .max)

    /// The moment `nanoseconds` after the clock's origin.
    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// The earlier instant comes first.
    public static func < (left: Instant, right: Instant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// The moment `span` after `instant`, saturating at `distantFuture`.
    public static func + (instant: Instant, span: TimeSpan) -> Instant {
        Instant(nanoseconds: saturatingSum(instant.nanoseconds, span.nanoseconds))
    }

    /// The moment `span` before `instant`, saturating.
    public static func - (instant: Instant, span: TimeSpan) -> Instant {
        Instant(nanoseconds: saturatingDifference(instant.nanoseconds, span.nanoseconds))
    }

    /// The time from `right` to `left`, negative where `left` is earlier, saturating.
    public static func - (left: Instant, right: Instant) -> TimeSpan {
        TimeSpan(nanoseconds: saturatingDifference(left.nanoseconds, right.nanoseconds))
    }
}

private func saturatingSum(_ left: Int64, _ right: Int64) -> Int64 {
    let (sum, overflow) = left.addingReportingOverflow(right)
    return overflow ? (right > 0 ? .max : .min) : sum
}

private func saturatingDifference(_ left: Int64, _ right: Int64) -> Int64 {
    let (difference, overflow) = left.subtractingReportingOverflow(right)
    return overflow ? (right > 0 ? .min : .max) : difference
}

private func saturatingProduct(_ left: Int64, _ right: Int64) -> Int64 {
    let (product, overflow) = left.multipliedReportingOverflow(by: right)
    return overflow ? ((left < 0) == (right < 0) ? .max : .min) : product
}
