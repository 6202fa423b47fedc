/// Durations as people write them: `250us`, `100ms`, `5s`, `1m`, `1h30m`, and a plain `0`.
extension TimeSpan {
    /// The longest duration that can be written: ten years. What is longer is a slip.
    public static let longestWritten = TimeSpan.seconds(10 * 365 * 24 * 3600)

    /// Nanoseconds of each unit, the longest first.
    private static let units: [(name: String, length: Int64)] = [
        ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1000),
    ]

    /// Reads whole numbers with units, each unit once and the longer ones first.
    ///
    /// - Throws: `DurationTextError`.
    public init(_ text: String) throws(DurationTextError) {
        self = .zero
        if text == "0" { return }
        var rest = Substring(text).utf8
        var shortest = Int64.max
        repeat {
            let digits = rest.prefix { Self.isDigit($0) }
            rest = rest.dropFirst(digits.count)
            let letters = rest.prefix { !Self.isDigit($0) }
            rest = rest.dropFirst(letters.count)
            guard digits.isEmpty || !letters.isEmpty else { throw .unitMissing }
            guard !digits.isEmpty, let unit = Self.units.first(where: { letters.elementsEqual($0.name.utf8) }),
                unit.length < shortest
            else { throw .malformed }
            shortest = unit.length
            guard let count = Int64(Substring(digits)) else { throw .tooLong }
            self = self + TimeSpan(nanoseconds: unit.length) * count
            guard self <= Self.longestWritten else { throw .tooLong }
        } while !rest.isEmpty
    }

    /// As it is written in a configuration; what is below a microsecond is left out.
    public var text: String {
        var rest = nanoseconds
        var text = ""
        for unit in Self.units where rest >= unit.length {
            text += "\(rest / unit.length)\(unit.name)"
            rest %= unit.length
        }
        return text.isEmpty ? "0s" : text
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}

/// Why a text is no duration.
public enum DurationTextError: Error, Sendable {
    /// A number without a unit.
    case unitMissing
    /// Longer than `TimeSpan.longestWritten`.
    case tooLong
    /// Anything else.
    case malformed
}
