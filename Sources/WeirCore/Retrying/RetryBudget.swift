/// How many retries all calls of an upstream may make together over a sliding window: `ratio` per call, and
/// `minPerSecond` for each second of the window whatever the calls (linkerd2-proxy's rule, `retry.rs`).
///
/// A retry counts from the moment it is scheduled, in backoff as well (envoy#30205), and until a window after it was
/// sent. The allowance depends on calls made and not on those in flight, so it does not shrink as calls fail
/// (envoy-mobile#811). Time is kept in 60 slots: a call stops counting up to one slot early, a retry up to one slot
/// late, so what is allowed is never more than an exact window would allow.
public struct RetryBudget: Sendable {
    private struct Slot {
        var calls = 0
        var retries = 0
    }

    static let slotsPerWindow: Int64 = 60

    /// Retries are counted in millionths, so that a ratio such as 0.29 is exact.
    private static let one = 1_000_000
    /// No more calls, or retries, than this are counted, and no larger ratio: keeps every product within 64 bits.
    private static let mostCounted = 1_000_000_000
    private static let largestRatio = 1000.0

    /// Retries scheduled and neither sent nor given back.
    public private(set) var inBackoff = 0

    private var perCall: Int
    private var always: Int
    private var slotLength: Int64
    /// The last window and one slot more, by slot number modulo its length.
    private var slots: [Slot]
    private var current = Int64.min
    /// Where the slot of `current` lies, and when it ends: within it nothing has to be worked out.
    private var place = 0
    private var slotEnd = Instant(nanoseconds: .min)
    private var calls = 0
    private var retries = 0

    /// A budget that has seen no call.
    public init(_ settings: RetryBudgetSettings) {
        perCall = Self.millionths(min(settings.ratio, Self.largestRatio))
        let window = max(1, settings.window.nanoseconds)
        always = Self.millionths(
            min(settings.minPerSecond * (Double(window) / 1e9), Double(Self.mostCounted)))
        slotLength = window / Self.slotsPerWindow + (window % Self.slotsPerWindow > 0 ? 1 : 0)
        slots = Array(repeating: Slot(), count: Int(Self.slotsPerWindow) + 1)
    }

    /// Follows other settings from now on. What has been counted stays counted, in slots of the new length: a call under
    /// the first moment of its old slot, a retry under the last, so that no more is allowed than an exact window would.
    public mutating func follow(_ settings: RetryBudgetSettings, now: Instant) {
        advance(to: now)
        let old = self
        self = RetryBudget(settings)
        inBackoff = old.inBackoff
        guard slotLength != old.slotLength else {
            (slots, current, place, slotEnd) = (old.slots, old.current, old.place, old.slotEnd)
            (calls, retries) = (old.calls, old.retries)
            return
        }
        advance(to: now)
        for number in (old.current - Self.slotsPerWindow)...old.current {
            let slot = old.slots[old.index(number)]
            let start = number * old.slotLength
            recount(calls: slot.calls, at: Self.floored(start, by: slotLength))
            recount(retries: slot.retries, at: min(current, Self.floored(start + old.slotLength - 1, by: slotLength)))
        }
    }

    /// Counts what belongs into a slot, unless that has left the window.
    private mutating func recount(calls: Int = 0, retries: Int = 0, at number: Int64) {
        let age = current - number
        if age < Self.slotsPerWindow {
            slots[index(number)].calls += calls
            self.calls += calls
        }
        if age <= Self.slotsPerWindow {
            slots[index(number)].retries += retries
            self.retries += retries
        }
    }

    /// Counts a call, at its first attempt.
    public mutating func recordCall(now: Instant) {
        advance(to: now)
        slots[place].calls += 1
        calls += 1
    }

    /// Reserves one retry, if there is room.
    public mutating func reserve(now: Instant) -> Bool {
        guard remaining(now: now) > 0 else { return false }
        inBackoff += 1
        return true
    }

    /// A reserved retry is sent now.
    public mutating func sent(now: Instant) {
        guard inBackoff > 0 else { return }
        advance(to: now)
        inBackoff -= 1
        slots[place].retries += 1
        retries += 1
    }

    /// A reserved retry is not sent after all.
    public mutating func giveBack() {
        inBackoff = max(0, inBackoff - 1)
    }

    /// How many retries could be reserved now.
    public mutating func remaining(now: Instant) -> Int {
        advance(to: now)
        let allowed = (min(calls, Self.mostCounted) * perCall + always) / Self.one
        return max(0, allowed - retries - inBackoff)
    }

    /// Lets what is older than the window go. Time going backwards changes nothing.
    private mutating func advance(to now: Instant) {
        guard now >= slotEnd else { return }
        let number = Self.floored(now.nanoseconds, by: slotLength)
        guard number > current else { return }
        let (steps, overflow) = number.subtractingReportingOverflow(current)
        if overflow || steps > Self.slotsPerWindow {
            slots = Array(repeating: Slot(), count: slots.count)
            calls = 0
            retries = 0
        } else {
            for entering in current + 1...number {
                // Of the slots held, the oldest but one leaves the window of calls, the oldest that of retries.
                calls -= slots[index(entering &+ 1)].calls
                slots[index(entering &+ 1)].calls = 0
                retries -= slots[index(entering)].retries
                slots[index(entering)].retries = 0
            }
        }
        current = number
        place = index(number)
        let length = TimeSpan(nanoseconds: slotLength)
        slotEnd = Instant(nanoseconds: 0) + length * number + length
    }

    private func index(_ number: Int64) -> Int {
        let place = Int(number % Int64(slots.count))
        return place < 0 ? place + slots.count : place
    }

    private static func floored(_ value: Int64, by divisor: Int64) -> Int64 {
        let quotient = value / divisor
        return value % divisor < 0 ? quotient - 1 : quotient
    }

    private static func millionths(_ value: Double) -> Int {
        value > 0 ? Int(value * Double(one) + 0.5) : 0
    }
}
