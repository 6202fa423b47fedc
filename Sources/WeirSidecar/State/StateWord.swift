internal import WeirCore

/// One 8-byte word of the state file that changes at work: 52 bits of payload under 12 bits of check. It is stored in one
/// piece, so it is never torn, and a flipped bit is noticed. A word of zeros says nothing, and says it soundly.
enum StateWord {
    private static let payloadBits: UInt64 = 52
    static let largest: UInt64 = 1 << payloadBits - 1
    /// 2⁶⁴ / φ: for each bit of a payload, its product changes the topmost twelve.
    private static let multiplier: UInt64 = 0x9e37_79b9_7f4a_7c15

    /// The word of a payload; one that is too large becomes the largest.
    static func seal(_ payload: UInt64) -> UInt64 {
        let payload = min(payload, largest)
        return ((payload &* multiplier) & ~largest) | payload
    }

    /// The payload of a word; nil where the word is damaged.
    static func open(_ word: UInt64) -> UInt64? {
        let payload = payload(word)
        return seal(payload) == word ? payload : nil
    }

    /// The payload of a word that is known to be sound.
    static func payload(_ word: UInt64) -> UInt64 {
        word & largest
    }

    /// A digest of words that are written once: a flipped bit in any of them changes it. Never 0.
    static func check(_ words: some Sequence<UInt64>) -> UInt64 {
        var sum: UInt64 = 0x5765_6972
        for word in words {
            sum = (sum ^ word) &* multiplier
            sum ^= sum >> 32
        }
        return max(1, sum)
    }
}

/// A moment in the state file: whole microseconds, rounded up, and one more, so that 0 is none.
enum StateMoment {
    static func payload(_ moment: Instant?) -> UInt64 {
        guard let moment else { return 0 }
        let nanoseconds = UInt64(max(0, moment.nanoseconds))
        return min(StateWord.largest, nanoseconds / 1000 + (nanoseconds % 1000 > 0 ? 2 : 1))
    }

    static func moment(_ payload: UInt64) -> Instant? {
        payload == 0 ? nil : Instant(nanoseconds: Int64(clamping: (payload - 1) &* 1000))
    }
}

/// A slot of a ring: the units taken in one bucket of time.
struct StateBucket: Equatable {
    private static let unitBits: UInt64 = 24
    private static let mostUnits: UInt64 = 1 << unitBits - 1
    private static let numberMask: UInt64 = 1 << 28 - 1

    /// The bucket's number, modulo 2²⁸.
    private(set) var number: UInt64
    private(set) var units: UInt64

    /// Nothing, in the bucket of that length (in milliseconds, at least 1) that `moment` lies in.
    init(at moment: Instant, length: UInt64) {
        number = UInt64(max(0, moment.nanoseconds)) / 1_000_000 / length & Self.numberMask
        units = 0
    }

    /// What a payload says.
    init(_ payload: UInt64) {
        number = payload >> Self.unitBits
        units = payload & Self.mostUnits
    }

    var payload: UInt64 { number << Self.unitBits | units }

    /// The place in a ring of so many slots, a power of two.
    func place(in ring: Int) -> Int {
        Int(truncatingIfNeeded: number) & (ring - 1)
    }

    /// This bucket with `count` more units, in the place of `old`. A bucket ahead of this one stays (time has gone back);
    /// one that it has gone round the ring since is over.
    func adding(_ count: Int, to old: StateBucket, ring: Int) -> StateBucket {
        var sum = old.units > 0 && old.distance(after: self) <= ring ? old : self
        let (total, overflow) = sum.units.addingReportingOverflow(UInt64(max(0, count)))
        sum.units = overflow ? Self.mostUnits : min(total, Self.mostUnits)
        return sum
    }

    /// What is left of `old` after `count` units of this bucket are given back; they may be gone.
    func removing(_ count: Int, from old: StateBucket) -> StateBucket {
        guard old.number == number, old.units < Self.mostUnits else { return old }
        var rest = old
        rest.units -= min(rest.units, UInt64(max(0, count)))
        return rest
    }

    /// The units and the last moment of the bucket, read at `now`; nil where it is empty, or so old that it lies out of the
    /// ring. As many units as a slot can hold stand for any number of them.
    func taken(now: Instant, length: UInt64, ring: Int) -> LimitTrace.Units? {
        guard units > 0 else { return nil }
        let current = StateBucket(at: now, length: length)
        let age = current.distance(after: self)
        let count = units == Self.mostUnits ? Int.max : Int(units)
        if age < ring {
            let present = UInt64(max(0, now.nanoseconds)) / 1_000_000 / length
            let end = (present - min(present, UInt64(age)) + 1) &* length &* 1_000_000 &- 1
            return LimitTrace.Units(count: count, moment: min(now, Instant(nanoseconds: Int64(clamping: end))))
        }
        return distance(after: current) <= ring ? LimitTrace.Units(count: count, moment: now) : nil
    }

    /// How many buckets this one lies after another, the numbers going round.
    private func distance(after other: StateBucket) -> Int {
        Int(truncatingIfNeeded: (number &- other.number) & Self.numberMask)
    }
}
