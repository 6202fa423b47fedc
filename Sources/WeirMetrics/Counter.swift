public import Synchronization

/// A count that only grows. Wraps after 2⁶⁴.
///
/// Public since the compiler inlines only what is public into another module, and a call costs as much as half the
/// addition; no product exports this module.
public final class Counter: Instrument {
    /// What one of a counter's counts stands for, and how it is printed.
    package enum Unit: Sendable {
        /// Each count is one, printed in full.
        case one
        /// Each count is a nanosecond, printed in seconds.
        case seconds
    }

    @usableFromInline let count: Atomic<UInt64> = Atomic(0)

    package init(shape: Unit) {}

    /// The count now.
    package var value: UInt64 {
        count.load(ordering: .relaxed)
    }

    /// Adds 1: one relaxed atomic addition.
    @inlinable
    public func increment() {
        count.wrappingAdd(1, ordering: .relaxed)
    }

    /// Adds `amount`: one relaxed atomic addition.
    @inlinable
    public func increment(by amount: UInt64) {
        count.wrappingAdd(amount, ordering: .relaxed)
    }

    /// Sets the count to what another counter shows, unless that is less.
    package func raise(to amount: UInt64) {
        count.max(amount, ordering: .relaxed)
    }

    package static var typeName: String { "counter" }

    package static func addLines(name: String, labels: [LabelPair], shape: Unit, to lines: inout LineTable) {
        lines.append(name: name, labels: labels)
    }

    package func write(_ lines: borrowing LineTable, from first: Int, shape: Unit, into out: inout [UInt8]) {
        lines.write(first, into: &out)
        switch shape {
        case .one: out.appendDecimal(value)
        case .seconds: out.appendFixed(value, decimals: 9)
        }
        out.append(UInt8(ascii: "\n"))
    }
}
