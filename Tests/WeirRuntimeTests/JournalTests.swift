import NIOCore
import NIOEmbedded
import Synchronization
import Testing
import WeirCore
import WeirRuntime

/// What a limiter and a circuit write down, and when.
@Suite("Journals")
struct JournalTests {
    private final class Recorder: AdmissionJournal {
        private let recorded = Mutex<[String]>([])

        func took(_ charge: Charge, now: Instant) { note("took \(charge.units) of \(charge.limit)") }
        func gaveBack(_ charge: Charge, takenAt: Instant) { note("back \(charge.units) of \(charge.limit)") }
        func reset(limit: Int, slots: [Int]?) { note("reset \(limit) \(slots.map { "\($0)" } ?? "all")") }
        func froze(_ scope: HoldScope, until: Instant, isBan: Bool, now: Instant) { note("froze \(scope) \(isBan)") }
        func setWallOffset(_ offset: TimeSpan) { note("wall \(offset.nanoseconds)") }

        private func note(_ text: String) { recorded.withLock { $0.append(text) } }

        /// What was written since this was last asked.
        func take() -> [String] {
            recorded.withLock { lines in
                defer { lines = [] }
                return lines
            }
        }
    }

    private static let limits = [
        LimitSettings(name: "window", algorithm: .slidingWindow(requests: 3, per: .seconds(1))),
        LimitSettings(name: "flight", algorithm: .concurrency(max: 5)),
        LimitSettings(
            name: "user", algorithm: .tokenBucket(rate: Rate(permits: 1, per: .seconds(1)), burst: 10),
            key: [.header("k")]),
    ]

    private static func with(
        _ body: (RateLimiter, Recorder, NIOAsyncTestingEventLoop) async throws -> Void
    ) async throws {
        let loop = NIOAsyncTestingEventLoop()
        let control = AdmissionControl(shared: limits, endpoints: [[]], maxLength: 10, shares: [10])
        let limiter = RateLimiter(on: loop, control: control, sinks: [{ _ in }])
        let recorder = Recorder()
        await limiter.keep(recorder)
        try await body(limiter, recorder, loop)
        await limiter.shutDown()
        await loop.shutdownGracefully()
    }

    private static func keys(_ limiter: RateLimiter, _ key: String) async throws -> CallKeys {
        try await limiter.keying(of: 0)?.keys { _ in key } ?? .none
    }

    @Test("units are written when they are taken, at once or from the line, and not when a call is refused")
    func taking() async throws {
        try await Self.with { limiter, recorder, loop in
            let keys = try await Self.keys(limiter, "a")
            _ = try await limiter.acquire(cost: 2, keys: keys, maxWait: .zero)
            #expect(recorder.take() == ["took 2 of 0", "took 2 of 2"])
            await #expect(throws: Refusal.self) { try await limiter.acquire(cost: 2, keys: keys, maxWait: .zero) }
            #expect(recorder.take() == [])
            let waiting = Task { try await limiter.acquire(cost: 2, keys: keys, maxWait: .seconds(5)) }
            try await limiter.waitForLength(1)
            #expect(recorder.take() == [])
            await loop.advanceTime(by: .seconds(2))
            let admission = try await waiting.value
            #expect(recorder.take() == ["took 2 of 0", "took 2 of 2"])
            // The end of an attempt gives nothing back but its place, which is not written.
            await limiter.release(admission)
            #expect(recorder.take() == [])
        }
    }

    @Test("what is given back is written, once, and only where the limiter gives it back too")
    func givingBack() async throws {
        try await Self.with { limiter, recorder, loop in
            let keys = try await Self.keys(limiter, "a")
            let first = try await limiter.acquire(keys: keys, maxWait: .zero)
            let second = try await limiter.acquire(keys: keys, maxWait: .zero)
            let third = try await limiter.acquire(keys: keys, maxWait: .zero)
            _ = recorder.take()
            await limiter.giveBack(first)
            #expect(recorder.take() == ["back 1 of 0", "back 1 of 2"])
            await limiter.giveBack(first)
            #expect(recorder.take() == [], "given back before")
            // An operator has forgotten what was used of one limit.
            _ = await limiter.reset(0, key: nil, tier: nil, now: loop.instant)
            #expect(recorder.take() == ["reset 0 all"])
            await limiter.giveBack(second)
            #expect(recorder.take() == ["back 1 of 2"])
            await limiter.reconfigure(
                shared: Self.limits, endpoints: [[]], maxLength: 10, shares: [10], sinks: [{ _ in }], from: [0],
                now: loop.instant)
            await limiter.giveBack(third)
            #expect(recorder.take() == [], "of a former configuration")
        }
    }

    @Test("resets, stops and the wall clock are written")
    func changes() async throws {
        try await Self.with { limiter, recorder, loop in
            let now = loop.instant
            _ = try await limiter.acquire(keys: try await Self.keys(limiter, "a"), maxWait: .zero)
            _ = try await limiter.acquire(keys: try await Self.keys(limiter, "b"), maxWait: .zero)
            _ = recorder.take()
            #expect(await limiter.reset(2, key: ["b"], tier: nil, now: now))
            #expect(recorder.take() == ["reset 2 [1]"])
            #expect(await !limiter.reset(2, key: ["a", "b"], tier: nil, now: now))
            #expect(recorder.take() == [])
            await limiter.setWallOffset(.seconds(1), now: now)
            await limiter.freeze(.endpoint(0), until: now + .seconds(1), isBan: true, now: now)
            #expect(recorder.take() == ["wall 1000000000", "froze endpoint(0) true"])
        }
    }

    @Test("a circuit writes what it is whenever it moves, or its cooldown changes")
    func circuits() async throws {
        let loop = NIOAsyncTestingEventLoop()
        var settings = CircuitSettings()
        settings.failThreshold = 1
        settings.minDwell = .zero
        settings.cooldown = .seconds(1)
        let breaker = CircuitBreaker(on: loop, settings: settings, seed: 1, emit: { _ in })
        let written = Mutex<[CircuitRecord?]>([])
        let last = { written.withLock { $0.last } }
        await breaker.keep(nil, now: loop.instant) { record in written.withLock { $0.append(record) } }
        let start = loop.instant
        try await breaker.fail(now: start)
        #expect(last() == CircuitRecord(since: start, until: start + .seconds(1), failedProbes: 0))
        settings.cooldown = .seconds(3)
        await breaker.reconfigure(settings, now: start)
        #expect(last()??.until == start + .seconds(3))
        await loop.advanceTime(by: .seconds(3))
        try await breaker.fail(now: loop.instant)
        #expect(last() == CircuitRecord(since: loop.instant, until: loop.instant + .seconds(3), failedProbes: 1))
        await breaker.force(.closed, now: loop.instant)
        #expect(last() == .some(nil))
        await breaker.shutDown()
        await loop.shutdownGracefully()
    }
}

extension CircuitBreaker {
    fileprivate func fail(now: Instant) throws {
        guard case .permit(let permit) = claim(now: now) else { throw Refusal(.circuitOpen) }
        report(permit, .failure, now: now)
    }
}
