import Synchronization

/// A value that goes up and down, 0 at first.
package final class Gauge: Instrument {
    /// The value's bit pattern.
    private let bits = Atomic<UInt64>(0)

    package init(shape: Void) {}

    /// The value now.
    package var value: Double {
        Double(bitPattern: bits.load(ordering: .relaxed))
    }

    /// Sets the value: one relaxed atomic store.
    package func set(_ value: Double) {
        bits.store(value.bitPattern, ordering: .relaxed)
    }

    /// Adds `amount`, which may be below 0.
    package func add(_ amount: Double) {
        var seen = bits.load(ordering: .relaxed)
        while true {
            let sum = (Double(bitPattern: seen) + amount).bitPattern
            let (exchanged, original) = bits.weakCompareExchange(expected: seen, desired: sum, ordering: .relaxed)
            if exchanged { return }
            seen = original
        }
    }

    package static var typeName: String { "gauge" }

    package static func addLines(name: String, labels: [LabelPair], shape: Void, to lines: inout LineTable) {
        lines.append(name: name, labels: labels)
    }

    package func write(_ lines: borrowing LineTable, from first: Int, shape: Void, into out: inout [UInt8]) {
        lines.write(first, into: &out)
        out.appendNumber(value)
        out.append(UInt8(ascii: "\n"))
    }
}
