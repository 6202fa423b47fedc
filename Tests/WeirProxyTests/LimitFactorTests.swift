import Synchronization
import Testing
import WeirCore
import WeirRuntime

@testable import WeirProxy

/// What a limit is multiplied by.
@Suite("The factor of a limit")
struct LimitFactorTests {
    private final class Recorder: Sendable {
        let names = Mutex<[String]>([])

        func record(_ event: Event) {
            switch event {
            case .limitShrunk(let limit, let factor): names.withLock { $0.append("shrunk \(limit) \(factor)") }
            case .limitRecovered(let limit): names.withLock { $0.append("recovered \(limit)") }
            default: names.withLock { $0.append("other") }
            }
        }
    }

    private let limit = LimitSettings(
        name: "ip", algorithm: .slidingWindow(requests: 600, per: .seconds(5), margin: .zero))

    private func at(_ seconds: Int64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }

    @Test("A 429 halves it once for all that were in flight, and it comes back in steps")
    func shrinkAndRecover() {
        let recorder = Recorder()
        var factor = LimitFactor(limit, FeedbackSettings(), emit: recorder.record)
        var changes = 0
        for _ in 0..<32 where factor.refused(sentAt: at(99), now: at(100)) { changes += 1 }
        #expect(changes == 1)
        #expect(factor.factor == 0.5)
        var steps = 0
        while let next = factor.nextStep, steps < 100 {
            steps += factor.advance(now: next) ? 1 : 0
        }
        #expect(factor.factor == 1)
        #expect(steps == 20)
        #expect(recorder.names.withLock { $0 } == ["shrunk ip 0.5", "recovered ip"])
    }

    @Test("Host load multiplies on top, and the product has a floor")
    func hostLoad() {
        var busy = limit
        busy.hostLoad = HostLoadSettings(elevated: nil, high: .init(cpu: 0.8, memory: 0.9, factor: 0.1))
        var factor = LimitFactor(busy, FeedbackSettings(), emit: { _ in })
        let rose = factor.observe(cpu: 0.9, memory: 0.1)
        #expect(rose)
        #expect(factor.factor == 0.1)
        _ = factor.refused(sentAt: at(0), now: at(1))
        #expect(factor.factor == 0.1)
        let same = factor.observe(cpu: 0.9, memory: 0.1)
        #expect(!same)
    }

    @Test("A bucket's window is the time in which it fills, whatever its rate")
    func windows() {
        let bucket = LimitSettings.Algorithm.tokenBucket(rate: Rate(permits: 8, per: .seconds(1)), burst: 16)
        #expect(bucket.window == .seconds(2))
        #expect(LimitSettings.Algorithm.concurrency(max: 3).window == .zero)
        #expect(LimitSettings.Algorithm.spacing(every: .milliseconds(100), margin: .zero).window == .milliseconds(100))
    }
}
