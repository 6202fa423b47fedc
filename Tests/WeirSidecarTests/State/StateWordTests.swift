import Testing
import WeirCore

@testable import WeirSidecar

@Suite("Words of the state file")
struct StateWordTests {
    @Test("a payload comes back, and any flipped bit is noticed")
    func flips() {
        var random = SeededGenerator(seed: 1)
        for round in 0..<2000 {
            let payload = random.next() & StateWord.largest >> UInt64(round % 52)
            let word = StateWord.seal(payload)
            #expect(StateWord.open(word) == payload)
            for bit in 0..<64 { #expect(StateWord.open(word ^ 1 << UInt64(bit)) == nil, "\(payload), bit \(bit)") }
        }
        #expect(StateWord.seal(0) == 0)
        #expect(StateWord.open(StateWord.seal(.max)) == StateWord.largest)
    }

    @Test("a moment is never read earlier than it was, nor a microsecond and more later")
    func moments() throws {
        var random = SeededGenerator(seed: 2)
        for _ in 0..<1000 {
            let moment = Instant(nanoseconds: .random(in: 0...1 << 60, using: &random))
            let read = try #require(StateMoment.moment(StateMoment.payload(moment)))
            #expect(read >= moment && read < moment + TimeSpan(nanoseconds: 1000))
        }
        #expect(StateMoment.moment(StateMoment.payload(nil)) == nil)
        #expect(StateMoment.moment(StateMoment.payload(Instant(nanoseconds: 0))) == Instant(nanoseconds: 0))
    }

    @Test("a bucket holds what was taken in it, until it is out of the ring, and then no more")
    func buckets() {
        let ring = 16
        let bucket = StateBucket(at: TestClock.at(0), length: 10)
        let sum = bucket.adding(4, to: bucket.adding(3, to: StateBucket(0), ring: ring), ring: ring)
        #expect(sum.units == 7)
        for age in 0..<20 {
            let taken = sum.taken(now: TestClock.at(Int64(age) * 10 + 9), length: 10, ring: ring)
            #expect(taken?.count == (age < ring ? 7 : nil))
            if let taken { #expect(taken.moment >= TestClock.at(9) && taken.moment < TestClock.at(10)) }
        }
    }

    @Test("a full bucket stands for any number of units, and stays full")
    func saturation() {
        let bucket = StateBucket(at: TestClock.at(0), length: 10)
        let full = bucket.adding(1 << 30, to: StateBucket(0), ring: 16)
        #expect(full.taken(now: TestClock.at(0), length: 10, ring: 16)?.count == .max)
        #expect(bucket.removing(5, from: full) == full)
        #expect(bucket.adding(1, to: full, ring: 16) == full)
    }

    @Test("what is given back after its slot has gone to a later bucket takes nothing from that")
    func lateRefund() {
        let later = StateBucket(at: TestClock.at(160), length: 10).adding(5, to: StateBucket(0), ring: 16)
        let bucket = StateBucket(at: TestClock.at(0), length: 10)
        #expect(bucket.place(in: 16) == later.place(in: 16))
        #expect(bucket.removing(3, from: later) == later)
        #expect(StateBucket(at: TestClock.at(169), length: 10).removing(3, from: later).units == 2)
    }

    @Test("a slot that time has gone round the ring since begins anew, also where the numbers have wrapped")
    func wrapping() {
        let old = StateBucket(at: TestClock.at(0), length: 1).adding(9, to: StateBucket(0), ring: 16)
        for gap in [16, 1 << 27, 1 << 28 - 17] as [Int64] {
            let bucket = StateBucket(at: TestClock.at(gap), length: 1)
            #expect(bucket.adding(1, to: old, ring: 16).units == 1, "\(gap)")
        }
        // A little back in time, the units count with the later ones.
        #expect(StateBucket(at: TestClock.at(-16), length: 1).adding(1, to: old, ring: 16) == old.with(units: 10))
    }
}

extension StateBucket {
    fileprivate func with(units: Int) -> StateBucket {
        adding(units - Int(self.units), to: self, ring: 16)
    }
}
