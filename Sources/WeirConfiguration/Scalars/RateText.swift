internal import WeirCore

/// Rates: a decimal above 0 per `s`, `m` or `h`, kept exactly: `8/s`, `0.33/s`, `600/m`.
enum RateText {
    static let expected = "a rate such as 8/s, 0.33/s or 600/m"

    private static let units: [Substring: Int64] = ["s": 1_000_000_000, "m": 60_000_000_000, "h": 3_600_000_000_000]

    /// A rate from one permit in ten years up to 1,000,000,000 in its unit, with at most 9 decimals.
    static func parse(_ text: String) throws(Mismatch) -> Rate {
        let halves = text.split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2, let unit = units[halves[1]] else { throw Mismatch(expected: expected) }
        let parts = halves[0].split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(\.isDigit) }) else {
            throw Mismatch(expected: expected)
        }
        let decimals = parts.count == 2 ? parts[1] : ""
        guard decimals.count <= 9 else { throw Mismatch(expected: "a rate with at most 9 decimals") }
        guard parts[0].count <= 10, let permits = Int128(parts[0] + decimals) else {
            throw Mismatch(expected: "a rate of at most 1000000000")
        }
        guard permits > 0 else { throw Mismatch(expected: "a rate above 0") }
        let scale = (0..<decimals.count).reduce(Int128(1)) { product, _ in product * 10 }
        guard permits <= 1_000_000_000 * scale else { throw Mismatch(expected: "a rate of at most 1000000000") }
        let period = Int128(unit) * scale
        guard period <= permits * Int128(TimeSpan.longestWritten.nanoseconds) else {
            throw Mismatch(expected: "a rate of at least one in 10 years")
        }
        let divisor = greatestCommonDivisor(permits, period)
        guard let count = Int64(exactly: permits / divisor), let length = Int64(exactly: period / divisor) else {
            throw Mismatch(expected: "a rate with fewer decimals")
        }
        return Rate(permits: count, per: TimeSpan(nanoseconds: length))
    }

    /// As it is written, in the first unit that holds it in at most 9 decimals.
    static func text(_ rate: Rate) -> String {
        let tenToTheNinth: Int128 = 1_000_000_000
        for name in ["s", "m", "h"] as [Substring] {
            guard let unit = units[name] else { continue }
            let (billionths, rest) = (Int128(rate.permits) * Int128(unit) * tenToTheNinth)
                .quotientAndRemainder(dividingBy: Int128(rate.period.nanoseconds))
            guard rest == 0 else { continue }
            let (whole, part) = billionths.quotientAndRemainder(dividingBy: tenToTheNinth)
            guard part > 0 else { return "\(whole)/\(name)" }
            var decimals = String(part + tenToTheNinth).dropFirst()
            while decimals.last == "0" { decimals.removeLast() }
            return "\(whole).\(decimals)/\(name)"
        }
        // None that was read from a file comes here.
        return "\(rate.permits)/\(rate.period.text)"
    }

    private static func greatestCommonDivisor(_ left: Int128, _ right: Int128) -> Int128 {
        var (larger, smaller) = (left, right)
        while smaller != 0 { (larger, smaller) = (smaller, larger % smaller) }
        return larger
    }
}
