import Testing

@testable import WeirCore

/// One instance of a fleet, its server played by the test.
@Suite struct FleetTests {
    private final class Instance {
        var fleet: Fleet
        var now = at(0)
        private var granted: Int64 = 0

        init(_ algorithm: LimitSettings.Algorithm = .slidingWindow(requests: 600, per: .seconds(5))) {
            fleet = Fleet([algorithm], settings: FleetSettings(instances: 3, slack: .milliseconds(50)), now: now)
        }

        /// Joins as an instance for which everything is clear.
        func join() {
            fleet.connected()
            answer(fleet.message(now: now), .time)
            answer(fleet.message(now: now))
        }

        func answer(
            _ message: FleetMessage?, _ status: FleetReply.Status = .ok, granted: Int = 0, retry: Int64 = 0
        ) {
            guard let message else { return }
            let decision = FleetReply.Decision(
                granted: granted, expiry: 7, retry: retry, used: granted, isFloorKept: true)
            let server = now.nanoseconds / 1000 + 1_000_000
            let reply = FleetReply(status: status, now: server, decisions: status == .ok ? [decision] : [])
            _ = fleet.receive(reply, to: message.sequence, now: now)
        }

        func admits(_ units: Int = 1) -> Bool { fleet.earliest(0, units: units, now: now) <= now }

        func wait(_ span: TimeSpan) {
            now = now + span
            fleet.advance(now: now)
        }

        /// Asks for units and is granted them.
        func obtain(_ units: Int) {
            fleet.setWant(0, units: units, least: 1)
            answer(fleet.message(now: now), granted: units)
        }

        func say() -> FleetMessage? { fleet.message(now: now) }

        func takeTurn() -> Bool { fleet.takeTurn() }

        func takeEvents() -> [Fleet.Event] { fleet.takeEvents() }
    }

    @Test func admitsWhatIsGrantedAndNoMore() {
        let instance = Instance()
        instance.join()
        #expect(!instance.admits())
        instance.obtain(3)
        #expect(instance.admits(3))
        #expect(!instance.admits(4))
        instance.fleet.take(0, units: 3, now: instance.now)
        #expect(!instance.admits())
    }

    @Test func aGrantIsGoodForTheSlackOnly() {
        let instance = Instance()
        instance.join()
        instance.obtain(3)
        instance.wait(.milliseconds(49))
        #expect(instance.admits())
        instance.wait(.milliseconds(1))
        #expect(!instance.admits())
        #expect(instance.say()?.limits[0].list == [FleetMessage.Entry(moment: 7, units: 3)])
    }

    @Test func anAnswerThatComesTooLateMeansNothing() {
        let instance = Instance()
        instance.join()
        instance.fleet.setWant(0, units: 5, least: 1)
        let message = instance.say()
        instance.wait(.milliseconds(51))
        instance.answer(message, granted: 5)
        // By itself it admits the few units that were kept for it, and none of those five.
        #expect(instance.admits(3))
        #expect(!instance.admits(4))
    }

    @Test func anAnswerCountsOnce() {
        let instance = Instance()
        instance.join()
        instance.fleet.setWant(0, units: 5, least: 1)
        let message = instance.say()
        instance.answer(message, granted: 5)
        instance.answer(message, granted: 5)
        #expect(!instance.admits(6))
    }

    @Test func oneQuestionIsUnderWayAtATime() {
        let instance = Instance()
        instance.join()
        instance.fleet.setWant(0, units: 5, least: 1)
        #expect(instance.say()?.limits[0].want == 5)
        instance.fleet.setWant(0, units: 9, least: 1)
        #expect(instance.say() == nil)
    }

    @Test func nothingIsAskedBeforeTheMomentThatTheServerGave() {
        let instance = Instance()
        instance.join()
        instance.fleet.setWant(0, units: 5, least: 1)
        let server = instance.now.nanoseconds / 1000 + 1_000_000
        instance.answer(instance.say(), granted: 0, retry: server + 300_000)
        #expect(instance.fleet.earliest(0, units: 1, now: instance.now) == instance.now + .milliseconds(300))
        #expect(instance.say() == nil)
        instance.wait(.milliseconds(300))
        #expect(instance.say()?.limits[0].want == 5)
    }

    @Test func aQuestionWithoutAnAnswerHoldsNobodyLongerThanTheSlack() {
        let instance = Instance()
        instance.join()
        instance.obtain(100)
        instance.fleet.take(0, units: 100, now: instance.now)
        instance.wait(.milliseconds(5))
        instance.fleet.setWant(0, units: 1, least: 1)
        _ = instance.say()
        instance.wait(.milliseconds(50))
        #expect(instance.fleet.isShared)
        instance.wait(TimeSpan(nanoseconds: 1))
        #expect(!instance.fleet.isShared)
        // What was used counts on: of the part of 200 so much may be in use as was, and that it is.
        #expect(instance.takeEvents() == [.lost])
        #expect(instance.fleet.usage(0, now: instance.now) == (100, 0))
        instance.wait(.seconds(6))
        #expect(instance.fleet.usage(0, now: instance.now) == (0, 200))
        #expect(instance.admits(200))
        #expect(!instance.admits(201))
    }

    @Test func whoeverHasJustStartedAdmitsNothingByItselfAtFirst() {
        let instance = Instance()
        instance.wait(.milliseconds(50))
        #expect(instance.takeEvents() == [.lost])
        #expect(!instance.admits())
        instance.wait(.seconds(6))
        #expect(instance.admits(200))
    }

    @Test func whoeverRestsIsAdmittedWhatIsKeptForItAsSoonAsTheServerIsLost() {
        let instance = Instance()
        instance.join()
        instance.wait(.milliseconds(20))
        // It says that it rests: for half a second others may count on it.
        instance.answer(instance.say())
        instance.wait(.milliseconds(20))
        instance.fleet.setWant(0, units: 5, least: 1)
        _ = instance.say()
        instance.wait(.milliseconds(50))
        #expect(!instance.admits())
        instance.wait(TimeSpan(nanoseconds: 1))
        #expect(instance.takeTurn())
        #expect(instance.takeEvents().isEmpty)
        #expect(instance.admits(3))
        #expect(!instance.admits(4))
        instance.fleet.take(0, units: 2, now: instance.now)
        #expect(instance.admits(1))
        #expect(!instance.admits(2))
        // What it has taken so, the server is told before it is asked again.
        instance.fleet.connected()
        instance.answer(instance.say(), .time)
        let join = instance.say()
        #expect(join?.verb == .join)
        #expect(join?.limits[0].list.map(\.units) == [2])
        #expect(!instance.admits())
    }

    @Test func whatWasGrantedIsPartOfWhatIsKept() {
        let instance = Instance()
        instance.join()
        instance.obtain(2)
        instance.fleet.disconnected()
        #expect(instance.admits(2))
        #expect(!instance.admits(3))
        instance.fleet.take(0, units: 2, now: instance.now)
        #expect(instance.admits(1))
        #expect(!instance.admits(2))
        instance.fleet.take(0, units: 1, now: instance.now)
        #expect(!instance.admits(1))
    }

    @Test func whoeverHasTakenNothingByItselfGoesOnAsking() {
        let instance = Instance()
        instance.join()
        instance.fleet.disconnected()
        instance.fleet.connected()
        instance.answer(instance.say(), .time)
        #expect(instance.admits(3))
        #expect(instance.say()?.verb == .ask)
        #expect(!instance.admits())
    }

    @Test func whatWasGrantedIsGoneWithAReportThatDoesNotTellOfIt() {
        let instance = Instance()
        instance.join()
        instance.obtain(5)
        instance.wait(.milliseconds(15))
        instance.answer(instance.say(), .unknown)
        #expect(instance.admits(5))
        let join = instance.say()
        #expect(join?.verb == .join)
        #expect(join?.limits[0].list.isEmpty == true)
        #expect(!instance.admits())
    }

    @Test func aServerThatHasForgottenHoldsWhoeverWasInTouchToWhatItHasInUse() {
        let instance = Instance()
        instance.join()
        // Long after it began, what it claimed then has no meaning.
        instance.wait(.seconds(20))
        instance.answer(instance.say())
        instance.obtain(40)
        instance.fleet.take(0, units: 40, now: instance.now)
        instance.wait(.milliseconds(15))
        instance.answer(instance.say(), .unknown)
        let join = instance.say()
        #expect(join?.verb == .join)
        #expect(join?.limits[0].room == 40)
    }

    @Test func aReportWithoutAnAnswerLeavesNobodyInLineUnheard() {
        let instance = Instance()
        instance.join()
        instance.obtain(4)
        instance.fleet.take(0, units: 2, now: instance.now)
        instance.fleet.disconnected()
        instance.wait(.seconds(1))
        instance.wait(.seconds(6))
        #expect(instance.takeTurn())
        #expect(instance.takeEvents() == [.lost])
        instance.fleet.take(0, units: 2, now: instance.now)
        instance.fleet.connected()
        instance.answer(instance.say(), .time)
        _ = instance.say()
        #expect(!instance.admits())
        instance.wait(.milliseconds(51))
        // It decides by itself again, which is no news.
        #expect(instance.takeEvents().isEmpty)
        #expect(instance.takeTurn())
        #expect(!instance.takeTurn())
        instance.wait(.seconds(5))
        #expect(instance.admits(2))
        #expect(!instance.admits(3))
    }

    @Test func nothingIsAdmittedWhileAReportIsUnderWay() {
        let instance = Instance()
        instance.wait(.seconds(6))
        #expect(instance.admits())
        instance.fleet.connected()
        instance.answer(instance.say(), .time)
        let join = instance.say()
        #expect(join?.verb == .join)
        #expect(!instance.admits())
        instance.answer(join, .stale)
        #expect(instance.admits())
    }

    @Test func aReportWhoseTwinMayHaveBeenActedOnIsNotTakenBack() {
        let instance = Instance()
        instance.wait(.seconds(6))
        #expect(instance.admits())
        instance.fleet.connected()
        instance.answer(instance.say(), .time)
        instance.answer(instance.say(), .late)
        // The server may count on it for so long that it does nothing by itself.
        #expect(!instance.admits())
        instance.wait(.milliseconds(50))
        #expect(instance.admits())
    }

    @Test func aBucketBeginsAnOutageEmpty() {
        let instance = Instance(.tokenBucket(rate: Rate(permits: 300, per: .seconds(1)), burst: 60))
        instance.join()
        instance.obtain(1)
        instance.wait(.milliseconds(10))
        _ = instance.say()
        instance.wait(.seconds(1))
        instance.fleet.disconnected()
        instance.wait(TimeSpan(nanoseconds: 1))
        #expect(!instance.admits())
        instance.wait(.milliseconds(10))
        #expect(instance.admits(1))
    }

    @Test func whatEndedLateIsSaidSoon() {
        let instance = Instance(.concurrency(max: 9))
        instance.join()
        instance.obtain(2)
        instance.fleet.take(0, units: 1, now: instance.now)
        instance.fleet.release(0)
        _ = instance.say()
        instance.wait(.milliseconds(5))
        #expect(instance.say()?.limits[0].held == 1)
    }
}
