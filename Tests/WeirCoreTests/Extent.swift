import Foundation

/// How much of their work the tests at random do.
enum Extent {
    /// The share that WEIR_TEST_SHARE gives: 1 unless set, less for the first look at a mutant (`scripts/mutants.py`).
    private static let share = ProcessInfo.processInfo.environment["WEIR_TEST_SHARE"].flatMap { Double($0) } ?? 1

    /// So many of `all` operations.
    static func of(_ all: Int) -> Int {
        max(1, Int(Double(all) * share))
    }
}
