/// Where a signed call says how long it is worth sending: worthless after `header` (epoch milliseconds) + `window`.
public struct ExpirySettings: Hashable, Sendable {
    /// The request header that holds the time of signing.
    public var header: String
    /// How long the provider accepts the call after that time; above 0.
    public var window: TimeSpan

    /// Calls expire `window` after the time in `header`.
    public init(header: String, window: TimeSpan) {
        self.header = header
        self.window = window
    }
}

extension ExpirySettings {
    /// Epoch milliseconds from here on are read as such: March 1973. What is less is not in milliseconds.
    private static let leastMilliseconds = 100_000_000_000
    /// And up to here: the year 5138.
    private static let mostMilliseconds = 100_000_000_000_000

    /// The last moment at which a call may be admitted whose header holds `value`: `wallOffset` is the wall clock less
    /// the monotonic one.
    ///
    /// - Throws: `ExpiryError` where `value` is no time in epoch milliseconds.
    package func deadline(_ value: String, wallOffset: TimeSpan) throws(ExpiryError) -> Instant {
        guard let milliseconds = HeaderNumber.count(value) else { throw .notANumber(header: header) }
        guard milliseconds >= Self.leastMilliseconds, milliseconds < Self.mostMilliseconds else {
            throw .notMilliseconds(header: header)
        }
        return Instant(nanoseconds: TimeSpan.milliseconds(Int64(milliseconds)).nanoseconds) - wallOffset + window
    }
}

/// Why the time of signing of a call cannot be read. The value itself is not repeated: it came from the caller.
package enum ExpiryError: Error, Hashable, Sendable, CustomStringConvertible {
    /// It is not a row of digits.
    case notANumber(header: String)
    /// It is a number, but not of epoch milliseconds.
    case notMilliseconds(header: String)

    /// The text for the caller.
    package var description: String {
        switch self {
        case .notANumber(let header): "\(header): expected a time in epoch milliseconds, digits only"
        case .notMilliseconds(let header):
            "\(header): expected a time in epoch milliseconds; that number is no such time (seconds, perhaps?)"
        }
    }
}
