/// The figures of a token bucket, kept as what is missing from a full one (the leaky bucket as a meter, ITU-T I.371).
///
/// What is missing is counted in parts of a unit so small that the units which grow back in a nanosecond are a whole
/// number of them: nothing is ever rounded away. A part is the same at every factor; only the growth changes.
struct TokenBucket: Hashable, Sendable {
    /// What is missing, and how much of it can still be given back.
    struct State: Sendable {
        /// Parts missing right after the last take.
        fileprivate var missing: Int128 = 0
        /// When the last take was; time going backwards stands still here.
        fileprivate var last = Instant(nanoseconds: .min)
        /// What was taken earlier than this has grown back, whatever else was taken (or as good as that).
        fileprivate var since = Instant(nanoseconds: .min)
        /// The least that was missing when something was taken after `since`, in parts.
        fileprivate var lowest: Int64 = .max
    }

    /// Factors are applied in steps of a thousandth.
    private static let steps: Int64 = 1000
    /// More than can be missing by any sane use; two of them can be added.
    private static var ceiling: Int128 { 1 << 126 }

    private let partsPerUnit: Int64
    private let partsPerNanosecond: Int64
    /// The growth where the factor is 1.
    private let mostPartsPerNanosecond: Int64

    /// A bucket that grows at `thousandths` (1...1000) of `rate`.
    init(rate: Rate, thousandths: Int64) {
        let (parts, isTooSlow) = rate.period.nanoseconds.multipliedReportingOverflow(by: Self.steps)
        let growth = Int128(rate.permits) * Int128(thousandths)
        // One unit in more than 106 days: parts of a nanosecond's growth are then rounded down.
        partsPerUnit = isTooSlow ? rate.period.nanoseconds : parts
        partsPerNanosecond = max(1, Int64(clamping: isTooSlow ? growth / Int128(Self.steps) : growth))
        mostPartsPerNanosecond = isTooSlow ? rate.permits : Int64(clamping: Int128(rate.permits) * Int128(Self.steps))
    }

    /// The earliest moment, not before `now`, at which `units` fit while all that is missing is at most `room` units.
    /// Units beyond it are projected at the rate.
    func earliest(_ state: State, units: Int, room: Int, now: Instant) -> Instant {
        let excess = missing(state, now: now) + parts(units - room)
        if excess <= 0 { return now }
        return max(now, state.last) + growth(of: excess)
    }

    /// Whether `units` fit at `now` while all that is missing is at most `room` units.
    @inline(__always)
    func admits(_ state: State, units: Int, room: Int, now: Instant) -> Bool {
        missing(state, now: now) <= parts(room - units)
    }

    /// Takes `units` at `now`. Inlined so that the state passes in registers.
    @inline(__always)
    func take(_ state: inout State, units: Int, now: Instant) {
        let missing = missing(state, now: now)
        let taken = parts(units)
        let moment = max(now, state.last)
        if missing == 0 {
            (state.since, state.lowest) = (moment, .max)
        } else if moment > state.last {
            note(&state, level: Int64(clamping: missing), half: Int64(clamping: taken / 2))
        }
        state.missing = min(missing + taken, Self.ceiling)
        state.last = moment
    }

    /// Gives back units taken at `takenAt`, as if they had never been: not what would have overflowed since.
    ///
    /// Had they not been taken, less would have been missing ever since, by the units or by all that was missing in the
    /// meantime, whichever is least. Exact where nothing was taken since, or the bucket has been full since. Else
    /// what was missing in the meantime is known from below only, which gives back too little by less than half of a
    /// take where takes are alike, and never too much.
    func giveBack(_ state: inout State, units: Int, takenAt: Instant, now: Instant) {
        guard takenAt >= state.since else { return }
        let taken = parts(units)
        var refund = min(taken, missing(state, now: now))
        if takenAt < state.last {
            refund = min(refund, Int128(state.lowest))
            state.lowest = Int64(clamping: max(0, Int128(state.lowest) - taken))
        }
        state.missing -= refund
    }

    /// Units that are missing from a full bucket at `now`, a part of one counted as one.
    func used(_ state: State, now: Instant) -> Int {
        Int(clamping: Self.quotientRoundedUp(missing(state, now: now), Int128(partsPerUnit)))
    }

    /// The moment, not before `now`, from which on nothing is missing.
    func fullAgain(_ state: State, now: Instant) -> Instant {
        let missing = missing(state, now: now)
        if missing == 0 { return now }
        return max(now, state.last) + growth(of: missing)
    }

    /// When all that is missing would have grown back at the full rate, whatever the factor; nil where nothing is missing.
    func paidOff(_ state: State, now: Instant) -> Instant? {
        let missing = missing(state, now: now)
        guard missing > 0 else { return nil }
        let growth = Self.quotientRoundedUp(missing, Int128(mostPartsPerNanosecond))
        return max(now, state.last) + TimeSpan(nanoseconds: Int64(clamping: growth))
    }

    /// A state of which as many units are missing at `now` as grow back by `until` at `rate`, a part of a part more at most.
    /// None of them can be given back.
    func indebted(until: Instant, rate: Rate, now: Instant) -> State {
        guard until > now else { return State() }
        let (units, rest) = (Int128((until - now).nanoseconds) * Int128(rate.permits))
            .quotientAndRemainder(dividingBy: Int128(rate.period.nanoseconds))
        let part = Self.quotientRoundedUp(rest * Int128(partsPerUnit), Int128(rate.period.nanoseconds))
        let (whole, overflow) = units.multipliedReportingOverflow(by: Int128(partsPerUnit))
        var state = State()
        state.missing = overflow ? Self.ceiling : min(whole, Self.ceiling - part) + part
        (state.last, state.since) = (now, now)
        return state
    }

    /// Counts on by these figures what was counted by `old` until `now`; a part of a part more may be missing than was.
    func convert(_ state: inout State, from old: TokenBucket, now: Instant) {
        let missing = old.missing(state, now: now)
        guard missing > 0 else {
            state = State()
            return
        }
        let lowest = min(Int128(state.lowest), missing)
        state.lowest = Int64(clamping: rescale(lowest, from: old, up: false))
        state.missing = min(rescale(missing, from: old, up: true), Self.ceiling)
        state.last = max(now, state.last)
    }

    /// Remembers what was missing before a take. Where that was less than `half` of a take like this one the last time,
    /// memory begins anew there: what had been taken before had grown back by more than half.
    private func note(_ state: inout State, level: Int64, half: Int64) {
        if state.lowest < half {
            (state.since, state.lowest) = (state.last, level)
        } else {
            state.lowest = min(state.lowest, level)
        }
    }

    @inline(__always)
    private func missing(_ state: State, now: Instant) -> Int128 {
        guard state.missing > 0, now > state.last else { return state.missing }
        let grown = Int128((now - state.last).nanoseconds) &* Int128(partsPerNanosecond)
        return max(0, state.missing - grown)
    }

    @inline(__always)
    private func parts(_ units: Int) -> Int128 {
        Int128(units) &* Int128(partsPerUnit)
    }

    /// The time in which so many parts grow back.
    private func growth(of parts: Int128) -> TimeSpan {
        TimeSpan(nanoseconds: Int64(clamping: Self.quotientRoundedUp(parts, Int128(partsPerNanosecond))))
    }

    private func rescale(_ parts: Int128, from old: TokenBucket, up: Bool) -> Int128 {
        let (units, rest) = parts.quotientAndRemainder(dividingBy: Int128(old.partsPerUnit))
        let (whole, overflow) = units.multipliedReportingOverflow(by: Int128(partsPerUnit))
        let product = rest * Int128(partsPerUnit)
        let part =
            up
            ? Self.quotientRoundedUp(product, Int128(old.partsPerUnit)) : product / Int128(old.partsPerUnit)
        return overflow ? Self.ceiling : min(whole, Self.ceiling) + part
    }

    private static func quotientRoundedUp(_ value: Int128, _ divisor: Int128) -> Int128 {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder > 0 ? quotient + 1 : quotient
    }
}
