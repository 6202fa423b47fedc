import Synchronization

/// A count that only grows. Wraps after 2⁶⁴.
package final class Counter: Instrument {
    private let count = Atomic<UInt64>(0)

    package init(shape: Void) {}

    /// The count now.
    package var value: UInt64 {
        count.load(ordering: .relaxed)
    }

    /// Adds 1: one relaxed atomic addition.
    package func increment() {
        count.wrappingAdd(1, ordering: .relaxed)
    }

    /// Adds `amount`: one relaxed atomic addition.
    package func increment(by amount: UInt64) {
        count.wrappingAdd(amount, ordering: .relaxed)
    }

    package static var typeName: String { "counter" }

    package static func addLines(name: String, labels: [LabelPair], shape: Void, to lines: inout LineTable) {
        lines.append(name: name, labels: labels)
    }

    package func write(_ lines: borrowing LineTable, from first: Int, shape: Void, into out: inout [UInt8]) {
        lines.write(first, into: &out)
        out.appendDecimal(value)
        out.append(UInt8(ascii: "\n"))
    }
}
