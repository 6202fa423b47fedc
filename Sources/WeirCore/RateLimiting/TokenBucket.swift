/// A token bucket kept as one stamp: the generic cell rate algorithm (ITU-T I.371; Brandur Leach's notes on GCRA).
///
/// The stamp is the theoretical arrival time (TAT): the moment at which the bucket is full again. A call of n units is
/// admitted at t when max(TAT, t) + n·T ≤ t + burst·T, T being the time that one unit takes to grow. Time is scaled by
/// the rate's numerator, so T is a whole number and nothing is ever rounded away.
public struct TokenBucket: Sendable {
    /// The most units that can be admitted at once.
    public let burst: Int
    /// How fast units grow back.
    public let rate: Rate

    private let scale: Int128
    private let unit: Int128
    private let depth: Int128
    private var fullAgain: Int128
    private var latest = Instant(nanoseconds: .min)

    /// A full bucket of `burst` units (at least 1).
    public init(rate: Rate, burst: Int) {
        self.burst = max(1, burst)
        self.rate = rate
        scale = Int128(rate.permits)
        unit = Int128(rate.period.nanoseconds)
        depth = unit * Int128(self.burst)
        fullAgain = Int128(latest.nanoseconds) * scale
    }

    /// The earliest moment, not before `now`, at which `units` fit. More than `burst` units are projected at the rate.
    public func earliest(units: Int, now: Instant) -> Instant {
        let now = max(now, latest)
        let scaledNow = Int128(now.nanoseconds) * scale
        let need = max(fullAgain, scaledNow) + unit * Int128(units) - depth
        if need <= scaledNow { return now }
        let nanoseconds = Self.quotientRoundedUp(need, scale)
        return Instant(nanoseconds: Int64(clamping: nanoseconds))
    }

    /// Takes `units` at `now`. The caller has asked `earliest` first, with the same `now`.
    public mutating func take(units: Int, now: Instant) {
        latest = max(now, latest)
        fullAgain = max(fullAgain, Int128(latest.nanoseconds) * scale) + unit * Int128(units)
    }

    /// Units that are missing from a full bucket at `now`, a part of one counted as one.
    public func used(now: Instant) -> Int {
        let missing = fullAgain - Int128(max(now, latest).nanoseconds) * scale
        return missing <= 0 ? 0 : Int(clamping: Self.quotientRoundedUp(missing, unit))
    }

    private static func quotientRoundedUp(_ value: Int128, _ divisor: Int128) -> Int128 {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder > 0 ? quotient + 1 : quotient
    }
}
