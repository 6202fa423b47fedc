import Testing
import WeirCore

@Suite("Calendar window")
struct CalendarWindowTests {
    /// The monotonic origin is 12:00:00 UTC of some day.
    private static let noon = TimeSpan.seconds(20_000 * 86_400 + 43_200)

    private func minute(_ requests: Int, margin: TimeSpan = .zero) -> LimitUnderTest {
        LimitUnderTest(
            .calendarWindow(requests: requests, per: .seconds(60), margin: margin), wallOffset: Self.noon)
    }

    @Test("Counts by the minute of the wall clock")
    func minutes() {
        let minute = minute(2)
        minute.take(2, now: at(seconds: 59))
        #expect(minute.earliest(now: at(seconds: 59.5)) == at(seconds: 60))
        #expect(minute.used(now: at(seconds: 60)) == 0)
        minute.take(2, now: at(seconds: 60))
        #expect(minute.earliest(now: at(seconds: 61)) == at(seconds: 120))
        #expect(minute.earliest(3, now: at(seconds: 61)) == at(seconds: 180), "a projection: one more window")
    }

    @Test("What is sent within the margin of a boundary counts on both sides")
    func margin() {
        let minute = minute(2, margin: .seconds(1))
        minute.take(2, now: at(seconds: 59.5))
        #expect(minute.earliest(now: at(seconds: 60.5)) == at(seconds: 121), "it may have arrived after the boundary")
        let after = self.minute(2, margin: .seconds(1))
        after.take(2, now: at(seconds: 10))
        #expect(after.earliest(now: at(seconds: 60.5)) == at(seconds: 61), "it may arrive before the boundary")
    }

    @Test("A day of 160,000 orders is served to the last, also where stamps share an entry")
    func day() {
        let day = LimitUnderTest(
            .calendarWindow(requests: 160_000, per: .seconds(86_400), margin: .zero), wallOffset: Self.noon)
        var now = at(0)
        for _ in 0..<16_000 {
            #expect(day.takeIfFits(10, now: now))
            now = now + .milliseconds(2_000)
        }
        #expect(day.earliest(now: now) == at(seconds: 43_200))
        #expect(day.earliest(160_000, now: at(seconds: 43_200)) == at(seconds: 43_200))
    }

    @Test("What is sent on either side of midnight never shares an entry")
    func midnight() {
        let day = LimitUnderTest(
            .calendarWindow(requests: 160_000, per: .seconds(86_400), margin: .zero), wallOffset: Self.noon)
        for second in 43_100..<43_300 as Range<Int64> { day.take(now: at(second * 1000)) }
        #expect(day.used(now: at(seconds: 43_300)) == 100)
    }

    @Test("Nor does what is sent on either side of where the margin before midnight begins")
    func marginBeforeMidnight() {
        let day = LimitUnderTest(
            .calendarWindow(requests: 160_000, per: .seconds(86_400), margin: .seconds(30)), wallOffset: Self.noon)
        for second in 43_100..<43_300 as Range<Int64> { day.take(now: at(second * 1000)) }
        #expect(day.used(now: at(seconds: 43_300)) == 130)
    }

    @Test("However many orders come within the margin of midnight, those of the next day count apart from them")
    func crowdAtMidnight() {
        let day = LimitUnderTest(
            .calendarWindow(requests: 160_000, per: .seconds(86_400), margin: .seconds(30)), wallOffset: Self.noon)
        for index in 0..<3000 as Range<Int64> { day.take(now: at(43_200_000 + index * 10)) }
        day.take(5, now: at(seconds: 43_200 + 82_800))
        day.take(now: at(seconds: 43_200 + 86_440))
        #expect(day.used(now: at(seconds: 43_200 + 86_440)) == 1)
    }

    @Test("After the clock is set, entries that stamps share count with the newest of them")
    func sharedEntriesAfterStep() {
        let day = LimitUnderTest(
            .calendarWindow(requests: 160_000, per: .seconds(86_400), margin: .zero), wallOffset: Self.noon)
        for second in 0..<40_000 as Range<Int64> { day.take(4, now: at(second * 1000)) }
        // Midnight comes to lie where 10,000 s of the takes are behind it.
        day.set(wallOffset: Self.noon + .seconds(13_200))
        let used = day.used(now: at(seconds: 40_000))
        #expect(used >= 40_000, "what is after midnight counts")
        #expect(used <= 40_000 + 4 * 86_400 / 1024 + 4, "and hardly more")
    }

    @Test("Units given back make room in their window")
    func giveBack() {
        let minute = minute(2)
        minute.take(now: at(seconds: 1))
        minute.take(now: at(seconds: 2))
        minute.giveBack(takenAt: at(seconds: 1), now: at(seconds: 3))
        #expect(minute.earliest(now: at(seconds: 3)) == at(seconds: 3))
        #expect(minute.used(now: at(seconds: 3)) == 1)
    }

    @Test("Before 1970 and at the ends of time nothing traps")
    func extremes() {
        for offset in [Int64.min, -1, 0, .max] {
            for now in [Int64.min, -1, 0, .max] {
                let minute = LimitUnderTest(
                    .calendarWindow(requests: 1, per: .seconds(60), margin: .seconds(1)),
                    wallOffset: TimeSpan(nanoseconds: offset))
                minute.take(5, now: Instant(nanoseconds: now))
                #expect(minute.earliest(3, now: Instant(nanoseconds: now)) != nil)
            }
        }
    }
}
