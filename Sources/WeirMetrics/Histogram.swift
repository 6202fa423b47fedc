import Synchronization

/// Counts of observed durations by size, and their sum.
///
/// A bucket counts only its own values; the cumulative counts, `+Inf` and `_count` are made of one pass over the
/// buckets when it is rendered. So they agree with one another in every scrape, and never fall from one scrape to the
/// next. The sum may be of a few observations more or fewer.
package final class Histogram: Instrument {
    /// The bounds, and after the last of them the largest value there is.
    private let bounds: SIMD16<UInt64>
    private let buckets = InlineArray<16, Atomic<UInt64>> { _ in Atomic(0) }
    private let total = Atomic<UInt64>(0)

    package init(shape: HistogramBounds) {
        var bounds = SIMD16(repeating: HistogramBounds.largest)
        for (index, bound) in shape.nanoseconds.prefix(HistogramBounds.maximum).enumerated() {
            bounds[index] = bound
        }
        self.bounds = bounds
    }

    /// The sum of all values in nanoseconds. Wraps after 2⁶⁴ (584 years).
    package var sum: UInt64 {
        total.load(ordering: .relaxed)
    }

    /// Counts `value` (nanoseconds) in the first bucket whose bound is not below it: two relaxed atomic additions.
    ///
    /// The bucket's index is the number of bounds below the value, counted without a branch, since durations are just
    /// irregular enough for mispredicted ones to cost more than the additions.
    package func observe(_ value: UInt64) {
        // All values are below 2⁶³, so the top bit of a difference is its sign.
        let below = (bounds &- SIMD16(repeating: min(value, HistogramBounds.largest))) &>> 63
        let eight = below.lowHalf &+ below.highHalf
        let four = eight.lowHalf &+ eight.highHalf
        let two = four.lowHalf &+ four.highHalf
        buckets[Int(truncatingIfNeeded: two[0] &+ two[1])].wrappingAdd(1, ordering: .relaxed)
        total.wrappingAdd(value, ordering: .relaxed)
    }

    package static var typeName: String { "histogram" }

    package static func addLines(
        name: String, labels: [LabelPair], shape: HistogramBounds, to lines: inout LineTable
    ) {
        for bound in shape.nanoseconds {
            let limit = String(bound: bound, decimals: shape.unit.decimals)
            lines.append(name: name + "_bucket", labels: labels + [LabelPair(name: "le", value: limit)])
        }
        lines.append(name: name + "_bucket", labels: labels + [LabelPair(name: "le", value: "+Inf")])
        lines.append(name: name + "_sum", labels: labels)
        lines.append(name: name + "_count", labels: labels)
    }

    package func write(
        _ lines: borrowing LineTable, from first: Int, shape: HistogramBounds, into out: inout [UInt8]
    ) {
        let infinite = shape.nanoseconds.count
        var count: UInt64 = 0
        for index in 0...infinite {
            count &+= buckets[index].load(ordering: .relaxed)
            lines.write(first + index, into: &out)
            out.appendDecimal(count)
            out.append(UInt8(ascii: "\n"))
        }
        lines.write(first + infinite + 1, into: &out)
        out.appendFixed(sum, decimals: shape.unit.decimals)
        out.append(UInt8(ascii: "\n"))
        lines.write(first + infinite + 2, into: &out)
        out.appendDecimal(count)
        out.append(UInt8(ascii: "\n"))
    }
}
