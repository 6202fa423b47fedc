import WeirCore

/// The moment `milliseconds` after the test's origin.
func at(_ milliseconds: Int64) -> Instant {
    Instant(nanoseconds: milliseconds * 1_000_000)
}

/// The moment `seconds` after the test's origin.
func at(seconds: Double) -> Instant {
    Instant(nanoseconds: Int64(seconds * 1e9))
}
