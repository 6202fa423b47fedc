import NIOCore
import Testing
import WeirCore

@testable import WeirDemo

@Suite("The demo's deciders")
struct DemoDeciderTests {
    @Test("No half-open window ever holds more than the quota, and a refusal was needed", arguments: 1...6)
    func window(seed: UInt64) {
        var dice = SeededGenerator(seed: seed)
        let quota = ExchangeQuota(requests: Int.random(in: 1...9, using: &dice), per: .nanoseconds(50))
        var window = ArrivalWindow(quota: quota)
        var taken: [Int64] = []
        var now: Int64 = 1_000
        for _ in 0..<800 {
            now += Int64.random(in: 0...15, using: &dice)
            let verdict = window.arrive(at: .uptimeNanoseconds(UInt64(now)))
            let held = taken.filter { now - $0 < 50 }
            #expect(verdict.isTaken == (held.count < quota.requests))
            if verdict.isTaken { taken.append(now) }
            let after = taken.filter { now - $0 < 50 }
            #expect(verdict.remaining == quota.requests - after.count)
            #expect(verdict.nextFree == .uptimeNanoseconds(UInt64((after.first ?? now) + 50)))
        }
    }

    @Test("Time going backwards frees nothing")
    func backwards() {
        var window = ArrivalWindow(quota: .init(requests: 1, per: .seconds(1)))
        #expect(window.arrive(at: .uptimeNanoseconds(5_000_000_000)).isTaken)
        #expect(!window.arrive(at: .uptimeNanoseconds(1)).isTaken)
        #expect(!window.arrive(at: .uptimeNanoseconds(5_999_999_999)).isTaken)
        #expect(window.arrive(at: .uptimeNanoseconds(6_000_000_000)).isTaken)
        var none = ArrivalWindow(quota: .init(requests: 0))
        #expect(!none.arrive(at: .now()).isTaken)
    }

    @Test(
        "Faults repeat each minute",
        arguments: [
            (Int64(0), FaultSchedule.Fault.none), (7_999, .none), (8_000, .status(500)), (17_999, .status(500)),
            (18_000, .none),
            (38_000, .slow(.milliseconds(300))), (41_000, .none), (68_000, .status(500)), (-1, .none),
        ] as [(Int64, FaultSchedule.Fault)])
    func faults(ms: Int64, fault: FaultSchedule.Fault) {
        #expect(FaultSchedule.demonstration.fault(at: .milliseconds(ms)) == fault)
        #expect(FaultSchedule.none.fault(at: .milliseconds(ms)) == .none)
    }

    @Test(
        "Waves",
        arguments: [(0, 90), (11_999, 90), (12_000, 240), (19_999, 240), (20_000, 90), (-5, 90)] as [(Int64, Int64)])
    func waves(ms: Int64, rate: Int64) {
        #expect(WavePlan.demonstration.callsPerSecond(at: .milliseconds(ms)) == rate)
        #expect(WavePlan(phases: []).callsPerSecond(at: .milliseconds(ms)) == 1)
    }

    @Test("A wave plan asks for about 150 per second, and the pacer keeps to it without catching up")
    func pacing() {
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
        var calls = 0
        for caller in 0..<8 {
            var pacer = CallPacer(plan: .demonstration, caller: caller, callers: 8, start: start)
            var now = start + pacer.untilFirstCall(at: start)
            while now < start + .seconds(40) {
                calls += 1
                now = now + .milliseconds(5)
                now = now + pacer.untilNextCall(after: 200, at: now)
            }
        }
        #expect((5_950...6_050).contains(calls), "\(calls)")
        var pacer = CallPacer(plan: .demonstration, caller: 0, callers: 8, start: start)
        #expect(pacer.untilNextCall(after: 200, at: start + .seconds(3)) == .zero)
        #expect(pacer.untilNextCall(after: 200, at: start + .seconds(3)) == .nanoseconds(8_000_000_000 / 90))
        #expect(pacer.untilNextCall(after: 503, at: start + .seconds(5)) == .milliseconds(100))
    }

    @Test("The mix follows its weights and its seed")
    func mix() {
        var mix = CallMix(seed: 1)
        var counts: [ExchangeEndpoint: Int] = [:]
        for _ in 0..<10_000 { counts[mix.next(), default: 0] += 1 }
        #expect((3_300...3_700).contains(counts[.tickers] ?? 0))
        #expect((1_850...2_150).contains(counts[.createOrder] ?? 0))
        var a = CallMix(seed: 7), b = CallMix(seed: 7)
        for _ in 0..<100 { #expect(a.next() == b.next()) }
    }

    @Test("Answers carry the quota; 429 carries Retry-After; faults hit order creation only")
    func books() {
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
        let faults = FaultSchedule(
            cycle: .seconds(60),
            periods: [
                .init(from: .seconds(1), until: .seconds(2), fault: .status(503)),
                .init(from: .seconds(2), until: .seconds(3), fault: .slow(.milliseconds(300))),
            ])
        var books = ExchangeBooks(quota: .init(requests: 2, per: .milliseconds(1_500)), faults: faults, start: start)
        let good = books.answer(method: "POST", target: "/v5/order/create", at: start, wall: 5_000)
        #expect(good.status == 200)
        #expect(good.body.contains(#""retCode":0"#))
        #expect(good.fields.map(\.value) == ["2", "1", "5000"])
        #expect(good.delay >= .milliseconds(2) && good.delay <= .milliseconds(8))
        let bad = books.answer(method: "POST", target: "/v5/order/create", at: start + .seconds(1), wall: 6_000)
        #expect(bad.status == 503)
        #expect(bad.fields.map(\.value) == ["2", "0", "6500"])
        let over = books.answer(method: "GET", target: "/v5/market/tickers?a=b", at: start + .seconds(1), wall: 6_000)
        #expect(over.status == 429)
        #expect(over.fields.last == .init(name: "Retry-After", value: "1"))
        #expect(
            books.answer(method: "GET", target: "/v5/market/tickers?a=b", at: start + .milliseconds(1_500), wall: 0)
                .status == 200)
        let slow = books.answer(method: "POST", target: "/v5/order/create", at: start + .milliseconds(2_600), wall: 0)
        #expect(slow.status == 200 && slow.delay > .milliseconds(300))
        #expect(books.answer(method: "GET", target: "/nothing", at: start + .seconds(9), wall: 0).status == 404)
        #expect(books.report == ExchangeReport(arrivals: 6, overQuota: 1, faults: 2))
    }
}
