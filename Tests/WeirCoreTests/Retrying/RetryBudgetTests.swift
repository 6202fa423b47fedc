import Testing
import WeirCore

@Suite("Retry budget")
struct RetryBudgetTests {
    final class Purse {
        var budget: RetryBudget

        init(ratio: Double = 0.2, minPerSecond: Double = 10, window: TimeSpan = .seconds(10)) {
            budget = RetryBudget(RetryBudgetSettings(ratio: ratio, minPerSecond: minPerSecond, window: window))
        }

        func calls(_ count: Int, at now: Instant) {
            for _ in 0..<count { budget.recordCall(now: now) }
        }

        /// Reserves and sends as many retries as there is room for, up to `count`.
        @discardableResult
        func retries(_ count: Int, at now: Instant) -> Int {
            var sent = 0
            while sent < count, budget.reserve(now: now) {
                budget.sent(now: now)
                sent += 1
            }
            return sent
        }

        func remaining(_ now: Instant) -> Int { budget.remaining(now: now) }
        func reserve(_ now: Instant) -> Bool { budget.reserve(now: now) }

        func follow(ratio: Double = 0.2, minPerSecond: Double = 0, window: TimeSpan, _ now: Instant) {
            let settings = RetryBudgetSettings(ratio: ratio, minPerSecond: minPerSecond, window: window)
            budget.follow(settings, now: now)
        }
    }

    @Test("Without calls there are min_per_second × window retries, at once")
    func always() {
        #expect(Purse().remaining(at(0)) == 100)
        #expect(Purse().retries(1000, at: at(0)) == 100)
        #expect(Purse(minPerSecond: 0.25, window: .seconds(10)).remaining(at(0)) == 2)
        #expect(Purse(minPerSecond: 0).remaining(at(0)) == 0)
    }

    @Test("Each call adds its ratio; fractions add up")
    func ratio() {
        let purse = Purse(minPerSecond: 0)
        for (calls, expected) in [(4, 0), (1, 1), (4, 1), (1, 2), (90, 20)] {
            purse.calls(calls, at: at(0))
            #expect(purse.remaining(at(0)) == expected)
        }
    }

    @Test("A ratio that binary fractions miss is exact", arguments: [(0.29, 100, 29), (0.07, 100, 7), (1.1, 10, 11)])
    func decimalRatio(ratio: Double, calls: Int, expected: Int) {
        let purse = Purse(ratio: ratio, minPerSecond: 0)
        purse.calls(calls - 1, at: at(0))
        #expect(purse.remaining(at(0)) == expected - (ratio > 1 ? 2 : 1))
        purse.calls(1, at: at(0))
        #expect(purse.remaining(at(0)) == expected)
    }

    @Test("Calls count for a window and no longer")
    func callsAge() {
        let purse = Purse(ratio: 1, minPerSecond: 0, window: .seconds(60))
        purse.calls(5, at: at(seconds: 0))
        #expect(purse.remaining(at(seconds: 59.999)) == 5)
        #expect(purse.remaining(at(seconds: 60)) == 0)
    }

    @Test("Retries count for a window, and up to a slot longer")
    func retriesAge() {
        let purse = Purse(ratio: 0, minPerSecond: 1, window: .seconds(60))
        #expect(purse.retries(60, at: at(seconds: 0.5)) == 60)
        #expect(purse.remaining(at(seconds: 60.999)) == 0)
        #expect(purse.remaining(at(seconds: 61)) == 60)
    }

    /// envoy-mobile#811: a budget of what is in flight shrank as calls failed and left it, so that retries stopped just
    /// when they were of use.
    @Test("The budget does not shrink as calls fail")
    func doesNotShrinkAsCallsFail() {
        let purse = Purse(minPerSecond: 0)
        purse.calls(100, at: at(0))
        // All 100 fail at once: nothing is in flight any more, and a fifth of them is tried again all the same.
        #expect(purse.retries(100, at: at(1)) == 20)
    }

    /// Retries waiting out their backoff were not counted, so that any number could be scheduled.
    @Test("envoy#30205: a retry in backoff counts, however long the backoff is")
    func backoffCounts() {
        let purse = Purse(ratio: 0, minPerSecond: 0.3)
        for expected in [true, true, true, false] { #expect(purse.reserve(at(0)) == expected) }
        #expect(!purse.reserve(at(seconds: 29)), "a backoff may last longer than the window")
        #expect(purse.budget.inBackoff == 3)
        // Sent at last, it counts for a window more.
        purse.budget.sent(now: at(seconds: 30))
        #expect(!purse.reserve(at(seconds: 39)))
        #expect(purse.reserve(at(seconds: 41)))
    }

    @Test("A retry that is not sent is given back at once, and only once")
    func givenBack() {
        let purse = Purse(ratio: 0, minPerSecond: 0.1)
        #expect(purse.reserve(at(0)))
        #expect(!purse.reserve(at(0)))
        purse.budget.giveBack()
        #expect(purse.remaining(at(0)) == 1)
        purse.budget.giveBack()
        #expect(purse.remaining(at(0)) == 1)
        #expect(purse.budget.inBackoff == 0)
        purse.budget.sent(now: at(0))
        #expect(purse.remaining(at(0)) == 1, "nothing was reserved, so nothing is sent")
        #expect(purse.budget.inBackoff == 0)
    }

    @Test("The origin of the clock is a moment like any other")
    func origin() {
        let purse = Purse(ratio: 1, minPerSecond: 0, window: .seconds(60))
        purse.calls(5, at: at(-500))
        #expect(purse.remaining(at(seconds: 58.999)) == 5)
        #expect(purse.remaining(at(seconds: 59)) == 0)
    }

    @Test("Time going backwards gives nothing back and takes nothing away")
    func backwards() {
        let purse = Purse(ratio: 1, minPerSecond: 0, window: .seconds(60))
        purse.calls(3, at: at(seconds: 100))
        purse.retries(1, at: at(seconds: 100))
        #expect(purse.remaining(at(seconds: 1)) == 2)
        purse.calls(1, at: at(seconds: 1))
        #expect(purse.remaining(at(seconds: 100)) == 3)
    }

    @Test("Settings and moments as absurd as may be do not trap")
    func absurd() {
        for ratio in [-1, 0, 1e300, Double.infinity, .nan] {
            for window in [Int64.min, 0, 1, .max] {
                let purse = Purse(ratio: ratio, minPerSecond: ratio, window: TimeSpan(nanoseconds: window))
                for moment in [Int64.min, -1, 0, 1, .max - 1, .max] {
                    let now = Instant(nanoseconds: moment)
                    purse.calls(2, at: now)
                    #expect(purse.remaining(now) >= 0)
                    #expect(purse.retries(2, at: now) <= 2)
                }
            }
        }
    }

    /// In whole slots they agree to the retry; to the nanosecond it never allows more.
    @Test("Agrees with a reference that keeps every stamp", arguments: 0..<40 as Range<UInt64>)
    func agreesWithReference(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let slot: Int64 = 1000
        let window = 60 * slot
        let percent = Int.random(in: 0...150, using: &random)
        let floor = Int.random(in: 0...20, using: &random)
        let purse = Purse(
            ratio: Double(percent) / 100, minPerSecond: Double(floor) * 1e9 / Double(window),
            window: TimeSpan(nanoseconds: window))
        var calls: [Int64] = []
        var sent: [Int64] = []
        var inBackoff = 0
        var now: Int64 = 0
        for step in 0..<3000 {
            now += Int64.random(in: 0...3 * slot, using: &random) / Int64.random(in: 1...8, using: &random)
            if Int.random(in: 0..<200, using: &random) == 0 { now += Int64.random(in: 0...2 * window, using: &random) }
            let moment = Instant(nanoseconds: now)
            switch Int.random(in: 0..<6, using: &random) {
            case 0...2:
                purse.budget.recordCall(now: moment)
                calls.append(now)
            case 3 where inBackoff > 0:
                purse.budget.sent(now: moment)
                inBackoff -= 1
                sent.append(now)
            case 4 where inBackoff > 0:
                purse.budget.giveBack()
                inBackoff -= 1
            default:
                if purse.reserve(moment) { inBackoff += 1 }
            }
            calls.removeAll { $0 < now - 2 * window }
            sent.removeAll { $0 < now - 2 * window }
            /// Stamps that a window of whole slots still holds, and those that one to the nanosecond does.
            func count(_ stamps: [Int64], slots: Int64) -> Int {
                stamps.count { $0 / slot > now / slot - slots }
            }
            let used = count(sent, slots: 61) + inBackoff
            let inSlots = max(0, (count(calls, slots: 60) * percent + floor * 100) / 100 - used)
            let exactUsed = sent.count { $0 > now - window } + inBackoff
            let exact = (calls.count { $0 > now - window } * percent + floor * 100) / 100 - exactUsed
            let remaining = purse.remaining(moment)
            guard remaining == inSlots, remaining <= max(0, exact) else {
                Issue.record("\(remaining), not \(inSlots), of \(exact): seed \(seed), step \(step)")
                return
            }
        }
    }

    @Test("Under other settings what has been counted stays counted, and leaves the window when it is due")
    func follow() {
        let purse = Purse(ratio: 0.5, minPerSecond: 0, window: .seconds(10))
        purse.calls(20, at: at(0))
        #expect(purse.retries(4, at: at(1000)) == 4)
        #expect(purse.reserve(at(1000)))
        purse.follow(ratio: 1, window: .seconds(10), at(2000))
        #expect(purse.remaining(at(2000)) == 15)
        purse.follow(ratio: 1, window: .seconds(60), at(3000))
        #expect(purse.remaining(at(3000)) == 15)
        // The calls are older than this window, the retries are not.
        purse.follow(ratio: 1, minPerSecond: 5, window: .seconds(2), at(3100))
        #expect(purse.remaining(at(3100)) == 5)
        #expect(purse.remaining(at(4100)) == 9)
        purse.budget.giveBack()
        #expect(purse.remaining(at(4100)) == 10)
    }
}
