import Testing
import WeirCore

@Suite("Spacing")
struct SpacingTests {
    private func spacing(_ every: Int64, margin: Int64 = 0) -> LimitUnderTest {
        LimitUnderTest(.spacing(every: .milliseconds(every), margin: .milliseconds(margin)))
    }

    @Test("Never two closer than the distance and the margin, whatever they cost")
    func distance() {
        let spacing = spacing(100, margin: 20)
        #expect(spacing.rules.weight(cost: 50) == 1)
        #expect(spacing.takeIfFits(now: at(0)))
        #expect(spacing.earliest(now: at(1)) == at(120))
        #expect(!spacing.takeIfFits(now: at(119)))
        #expect(spacing.takeIfFits(now: at(120)))
        #expect(spacing.earliest(ahead: 2, now: at(120)) == at(480), "two go before it")
    }

    @Test("An attempt that is given back holds nobody back, the one before it does")
    func giveBack() {
        let spacing = spacing(100)
        spacing.take(now: at(0))
        spacing.take(now: at(100))
        spacing.giveBack(takenAt: at(100), now: at(110))
        #expect(spacing.earliest(now: at(110)) == at(110))
        spacing.exchange(LimitRules(spacing.rules.algorithm, factor: 0.5))
        #expect(spacing.earliest(now: at(110)) == at(200), "at half the pace the first one matters again")
    }

    @Test("A factor stretches the distance and leaves the margin")
    func factor() {
        let spacing = spacing(100, margin: 20)
        spacing.exchange(LimitRules(spacing.rules.algorithm, factor: 0.5))
        spacing.take(now: at(0))
        #expect(spacing.earliest(now: at(0)) == at(220))
    }
}

@Suite("Concurrency")
struct ConcurrencyTests {
    @Test("Admits as many as there are places, and knows no time for more")
    func places() {
        let places = LimitUnderTest(.concurrency(max: 2))
        #expect(places.rules.holdsPlaces)
        #expect(places.takeIfFits(now: at(0)))
        #expect(places.takeIfFits(now: at(0)))
        #expect(places.earliest(now: at(0)) == nil)
        #expect(places.fullAgain(now: at(0)) == nil)
        places.release()
        #expect(places.earliest(now: at(5)) == at(5))
        #expect(places.earliest(reserved: 1, now: at(5)) == nil)
        places.giveBack(takenAt: at(0), now: at(5))
        #expect(places.isUnused(now: at(5)))
        places.release()
        #expect(places.used(now: at(5)) == 0, "no more places than there are")
    }

    @Test("With fewer places than are taken, the next goes when enough are free")
    func shrunk() {
        let places = LimitUnderTest(.concurrency(max: 4))
        places.take(4, now: at(0))
        places.exchange(LimitRules(places.rules.algorithm, factor: 0.5))
        for _ in 0..<2 {
            places.release()
            #expect(places.earliest(now: at(0)) == nil)
        }
        places.release()
        #expect(places.earliest(now: at(0)) == at(0))
    }
}
