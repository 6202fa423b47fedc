/// Reads the times in a response's headers, relative to the moment at which it came.
///
/// What cannot be read is nil, and ignored; what lies further ahead than `longestAhead` is absurd, and cut to it;
/// what lies in the past is now.
package struct HeaderTime: Hashable, Sendable {
    /// The furthest that a header may reach ahead: 7 days. The longest ban known is 3 days.
    package static let longestAhead = TimeSpan.seconds(7 * 86_400)

    /// When the response came.
    package let now: Instant
    /// The wall clock (since 1970) less the monotonic one.
    package let wallOffset: TimeSpan

    /// Headers that came at `now`.
    package init(now: Instant, wallOffset: TimeSpan) {
        self.now = now
        self.wallOffset = wallOffset
    }

    /// The value of a `Retry-After` (RFC 9110, 10.2.3): seconds from now, with a fraction if it must be, or an
    /// IMF-fixdate.
    package func retryAfter(_ text: String) -> TimeSpan? {
        let moment = HeaderNumber.decimal(text).map(after) ?? CalendarDate.imfFixdate(text).map(epoch(seconds:))
        return moment.map { $0 - now }
    }

    /// When a quota is said to be full again.
    func reset(_ text: String, _ format: ResetFormat) -> Instant? {
        switch format {
        case .deltaSeconds: HeaderNumber.decimal(text).map(after)
        case .epochSeconds: HeaderNumber.decimal(text).map { epoch($0, perSecond: 1) }
        case .epochMilliseconds: HeaderNumber.decimal(text).map { epoch($0, perSecond: 1000) }
        case .timestamp: CalendarDate.rfc3339(text).map(epoch(seconds:))
        case .goDuration: goDuration(text)
        case .bySize: bySize(text)
        }
    }

    /// When the present interval of a length of `period`, aligned in UTC, ends.
    func endOfInterval(_ period: TimeSpan) -> Instant {
        let wall = (now + wallOffset).nanoseconds
        let into = wall % period.nanoseconds
        return now + TimeSpan(nanoseconds: period.nanoseconds - (into < 0 ? into + period.nanoseconds : into))
    }

    /// From 2001 on, seconds since 1970 have ten digits; nobody's quota lasts as many seconds.
    private static let leastEpochSeconds = 1_000_000_000
    /// Since 1973, milliseconds since 1970 have twelve.
    private static let leastEpochMilliseconds = 100_000_000_000
    /// In the year 5138 they have fifteen.
    private static let tooLarge = 100_000_000_000_000

    private func bySize(_ text: String) -> Instant? {
        guard let number = HeaderNumber.decimal(text) else {
            return (CalendarDate.imfFixdate(text) ?? CalendarDate.rfc3339(text)).map(epoch(seconds:))
        }
        switch number.whole {
        case ..<Self.leastEpochSeconds: return after(number)
        case ..<Self.leastEpochMilliseconds: return epoch(number, perSecond: 1)
        case ..<Self.tooLarge: return epoch(number, perSecond: 1000)
        default: return nil
        }
    }

    /// A duration as Go prints it, such as `6m0s`, `1.5s` or `17ms`; a number without a unit is in seconds.
    private func goDuration(_ text: String) -> Instant? {
        if let number = HeaderNumber.decimal(text) { return after(number) }
        var rest = Substring(text).utf8
        var span = TimeSpan.zero
        repeat {
            guard let number = HeaderNumber.takeDecimal(&rest) else { return nil }
            let letters = rest.prefix { !HeaderNumber.isDigit($0) }
            rest.removeFirst(letters.count)
            guard let unit = Self.goUnits.first(where: { letters.elementsEqual($0.name.utf8) }) else { return nil }
            let fraction = Int64(Int128(number.billionths) * Int128(unit.length) / 1_000_000_000)
            span = span + TimeSpan(nanoseconds: unit.length) * Int64(number.whole) + TimeSpan(nanoseconds: fraction)
        } while !rest.isEmpty
        return after(span)
    }

    private static let goUnits: [(name: String, length: Int64)] = [
        ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1000),
        ("µs", 1000), ("ns", 1),
    ]

    private func after(_ number: HeaderNumber.Decimal) -> Instant {
        after(.seconds(Int64(number.whole)) + TimeSpan(nanoseconds: Int64(number.billionths)))
    }

    private func after(_ span: TimeSpan) -> Instant {
        now + min(max(span, .zero), Self.longestAhead)
    }

    private func epoch(seconds: Int64) -> Instant {
        epoch(TimeSpan.seconds(seconds))
    }

    /// `number` counts units of which there are so many in a second.
    private func epoch(_ number: HeaderNumber.Decimal, perSecond: Int64) -> Instant {
        let unit = TimeSpan(nanoseconds: 1_000_000_000 / perSecond)
        return epoch(unit * Int64(number.whole) + TimeSpan(nanoseconds: Int64(number.billionths) / perSecond))
    }

    private func epoch(_ sinceEpoch: TimeSpan) -> Instant {
        after(Instant(nanoseconds: sinceEpoch.nanoseconds) - wallOffset - now)
    }
}

/// How a provider writes when a quota is full again.
enum ResetFormat: Hashable, Sendable {
    /// Seconds from now.
    case deltaSeconds
    /// Seconds since 1970.
    case epochSeconds
    /// Milliseconds since 1970.
    case epochMilliseconds
    /// A timestamp of RFC 3339.
    case timestamp
    /// As Go prints durations.
    case goDuration
    /// A number of any of the first three, told by its size, or an IMF-fixdate, or a timestamp.
    case bySize
}
