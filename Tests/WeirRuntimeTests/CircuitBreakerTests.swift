import NIOCore
import NIOEmbedded
import Testing
import WeirCore
import WeirRuntime

@Suite("Circuit breaker")
struct CircuitBreakerTests {
    static func settings() -> CircuitSettings {
        var settings = CircuitSettings()
        settings.failThreshold = 1
        settings.cooldown = .seconds(5)
        settings.minDwell = .seconds(5)
        settings.probeTimeout = .seconds(2)
        return settings
    }

    @Test("Moves by timer alone: HALF_OPEN after the cooldown, OPEN again when a probe is never heard of")
    func timers() async throws {
        let loop = NIOAsyncTestingEventLoop()
        let recorder = EventRecorder()
        let breaker = CircuitBreaker(on: loop, settings: Self.settings(), seed: 1, emit: recorder.sink)
        let opened = Tally()
        await breaker.whenOpened { opened.add(1) }
        try await breaker.fail(at: loop.instant)
        #expect(opened.numbers.count == 1)
        await loop.advanceTime(by: .seconds(5))
        #expect(await breaker.snapshot(now: loop.instant).state == .halfOpen)
        _ = try await breaker.permit(at: loop.instant)
        await loop.advanceTime(by: .seconds(2))
        #expect(opened.numbers.count == 2)
        await loop.advanceTime(by: .seconds(5))
        #expect(recorder.count(of: "circuitMoved") == 4)
        await breaker.shutDown()
        await loop.shutdownGracefully()
    }

    @Test("Answers and reports on its loop without a hop")
    func onTheLoop() async throws {
        let loop = NIOAsyncTestingEventLoop()
        let breaker = CircuitBreaker(on: loop, settings: Self.settings(), seed: 1, emit: { _ in })
        try await loop.executeInContext {
            let now = loop.instant
            guard case .permit(let permit) = breaker.assumeIsolated({ $0.claim(now: now) }) else {
                Issue.record("refused")
                return
            }
            breaker.assumeIsolated { $0.report(permit, .failure, now: now) }
            #expect(breaker.assumeIsolated { $0.snapshot(now: now).state } == .open)
        }
        await breaker.shutDown()
        await loop.shutdownGracefully()
    }

    @Test("Forced open it tells so and stays; lifted, its timer runs again")
    func forced() async throws {
        let loop = NIOAsyncTestingEventLoop()
        let recorder = EventRecorder()
        let breaker = CircuitBreaker(on: loop, settings: Self.settings(), seed: 1, emit: recorder.sink)
        let opened = Tally()
        await breaker.whenOpened { opened.add(1) }
        await breaker.force(.open, now: loop.instant)
        #expect(opened.numbers.count == 1)
        await loop.advanceTime(by: .seconds(2))
        #expect(await breaker.snapshot(now: loop.instant).forced == .open)
        await breaker.force(nil, now: loop.instant)
        await loop.advanceTime(by: .seconds(3))
        #expect(recorder.count(of: "circuitMoved") == 2, "by timer, and nobody asked")
        await breaker.shutDown()
        await loop.shutdownGracefully()
    }

    @Test("A shorter cooldown takes effect on what is OPEN")
    func reconfigured() async throws {
        let loop = NIOAsyncTestingEventLoop()
        let recorder = EventRecorder()
        let breaker = CircuitBreaker(on: loop, settings: Self.settings(), seed: 1, emit: recorder.sink)
        try await breaker.fail(at: loop.instant)
        var shorter = Self.settings()
        shorter.cooldown = .seconds(1)
        shorter.minDwell = .zero
        await breaker.reconfigure(shorter, now: loop.instant)
        await loop.advanceTime(by: .seconds(1))
        #expect(recorder.count(of: "circuitMoved") == 2)
        await breaker.shutDown()
        await loop.shutdownGracefully()
    }

    @Test("Shut down, it sets no timer, whatever is still reported")
    func shutDown() async throws {
        let loop = NIOAsyncTestingEventLoop()
        let recorder = EventRecorder()
        let breaker = CircuitBreaker(on: loop, settings: Self.settings(), seed: 1, emit: recorder.sink)
        let permit = try await breaker.permit(at: loop.instant)
        await breaker.shutDown()
        await breaker.report(permit, .failure, now: loop.instant)
        await loop.advanceTime(by: .seconds(60))
        #expect(recorder.count(of: "circuitMoved") == 1)
        await loop.shutdownGracefully()
    }

    @Test("A handler of an opening may call back into the breaker")
    func reentrance() async throws {
        let loop = NIOAsyncTestingEventLoop()
        let breaker = CircuitBreaker(on: loop, settings: Self.settings(), seed: 1, emit: { _ in })
        let seen = Tally()
        await breaker.whenOpened { [weak breaker] in
            let state = breaker?.assumeIsolated { $0.snapshot(now: loop.instant).state }
            seen.add(state?.rawValue ?? -1)
        }
        try await breaker.fail(at: loop.instant)
        #expect(seen.numbers == [CircuitState.open.rawValue])
        await breaker.shutDown()
        await loop.shutdownGracefully()
    }
}

extension CircuitBreaker {
    fileprivate func permit(at now: Instant) throws -> CircuitPermit {
        guard case .permit(let permit) = claim(now: now) else { throw Refusal(.circuitOpen) }
        return permit
    }

    fileprivate func fail(at now: Instant) throws {
        report(try permit(at: now), .failure, now: now)
    }
}
