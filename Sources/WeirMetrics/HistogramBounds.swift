/// The upper bounds of a histogram's buckets.
///
/// Values are observed, and bounds given, as integer nanoseconds; both are printed in the metric's own unit, so that
/// a bound of 1,000,000 is `le="0.001"` in seconds and `le="1.0"` in milliseconds. The bucket `+Inf` comes by itself.
package struct HistogramBounds: Sendable, Equatable {
    /// The unit in which a histogram is printed.
    package enum Unit: Sendable {
        /// 10⁹ ns.
        case second
        /// 10⁶ ns.
        case millisecond

        /// How many decimal places one nanosecond lies below the unit.
        var decimals: Int {
            switch self {
            case .second: 9
            case .millisecond: 6
            }
        }
    }

    /// The most bounds a histogram can have.
    package static let maximum = 15
    /// The largest bound a histogram can have: 2⁶³ - 1 ns, 292 years.
    static let largest = UInt64(Int64.max)

    /// The bounds, each inclusive.
    package let nanoseconds: [UInt64]
    /// The unit in which they are printed.
    package let unit: Unit

    /// Bounds of 1 to `maximum` values in strictly ascending order, which `Registry.histograms` checks.
    package init(nanoseconds: [UInt64], per unit: Unit) {
        self.nanoseconds = nanoseconds
        self.unit = unit
    }

    var isValid: Bool {
        (1...Self.maximum).contains(nanoseconds.count)
            && nanoseconds.allSatisfy { $0 <= Self.largest }
            && zip(nanoseconds, nanoseconds.dropFirst()).allSatisfy(<)
    }
}
