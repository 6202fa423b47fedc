import NIOCore
import NIOEmbedded
import Synchronization
import Testing
import WeirCore
import WeirRuntime

@Suite("Guarded call")
struct CallGuardTests {
    struct Response: Equatable, Sendable {
        let status: Int
    }

    struct Broken: Error {}

    /// What is to be done in the moment of an admission.
    final class Hook: Sendable {
        private let action = Mutex<(@Sendable () -> Void)?>(nil)

        func does(_ action: @escaping @Sendable () -> Void) {
            self.action.withLock { $0 = action }
        }

        func fire() {
            action.withLock { $0 }?()
        }
    }

    /// A guard on a loop of virtual time: opens at 2 failures for 30 s, tries three times, 1 s and 2 s apart, at
    /// most once for each call and second.
    struct Bench {
        let loop: NIOAsyncTestingEventLoop
        let limiter: RateLimiter
        let circuit: CircuitBreaker
        let recorder: EventRecorder
        let admitted: Hook
        let guarded: CallGuard

        var used: Int? {
            get async { await limiter.snapshot(now: loop.instant).limits[0].used }
        }

        var inFlight: Int? {
            get async { await limiter.snapshot(now: loop.instant).limits[1].used }
        }

        var shown: CircuitSnapshot {
            get async { await circuit.snapshot(now: loop.instant) }
        }

        /// Until a call is in its backoff: it holds one retry of the budget, which began with 10 and has 1 more by the call.
        func backsOff() async {
            while await shown.failuresInWindow == 0 { await Task.yield() }
            while guarded.retriesRemaining != 10 { await Task.yield() }
        }

        /// Lets what is due happen, also where its timer is set only now.
        func run(until isDone: () -> Bool) async {
            while !isDone() { await loop.run() }
        }

        func lineIs(_ length: Int) async {
            while await limiter.snapshot(now: loop.instant).length != length { await Task.yield() }
        }
    }

    func bench(
        requests: Int = 10, failThreshold: Int = 2, _ body: @Sendable (Bench) async throws -> Void
    ) async throws {
        let loop = NIOAsyncTestingEventLoop()
        let recorder = EventRecorder()
        var rules = CircuitSettings()
        rules.failThreshold = failThreshold
        var retry = RetrySettings()
        retry.jitter = 0
        retry.budget = RetryBudgetSettings(ratio: 1, minPerSecond: 1, window: .seconds(10))
        let limits = [
            LimitSettings(
                name: "ip", algorithm: .slidingWindow(requests: requests, per: .seconds(5), margin: .zero)),
            LimitSettings(name: "flight", algorithm: .concurrency(max: 2)),
        ]
        let control = AdmissionControl(shared: limits, endpoints: [[]], maxLength: 10, shares: [10])
        let circuit = CircuitBreaker(on: loop, settings: rules, seed: 1, emit: recorder.sink)
        let admitted = Hook()
        let sink: EventSink = { event in
            recorder.sink(event)
            if case .admitted = event { admitted.fire() }
        }
        try await withRateLimiter(on: loop, control: control, sinks: [sink]) { limiter in
            let guarded = await CallGuard(limiter: limiter, circuit: circuit, retry: retry, seed: 1)
            try await body(
                Bench(
                    loop: loop, limiter: limiter, circuit: circuit, recorder: recorder, admitted: admitted,
                    guarded: guarded))
        }
        await circuit.shutDown()
        await loop.shutdownGracefully()
    }

    @Test("As in the README: one call, guarded")
    func readme() async throws {
        try await bench { bench in
            let orders = bench.guarded
            let answer = try await orders.call(maxWait: .seconds(5), isRepeatable: true) { _ in
                let response = Response(status: 200)
                return response.status >= 500
                    ? .failure(response, .status(response.status, retryAfter: nil))
                    : .success(response)
            }
            #expect(answer == Response(status: 200))
            #expect(await bench.used == 1)
            #expect(await bench.inFlight == 0)
        }
    }

    @Test("A failed attempt is made again after its backoff, admitted anew; the better answer counts")
    func retries() async throws {
        try await bench(failThreshold: 10) { bench in
            let attempts = Tally()
            let call = Task {
                try await bench.guarded.call(isRepeatable: true) { number -> AttemptResult<Int> in
                    attempts.add(number)
                    return number == 1 ? .failure(503, .status(503, retryAfter: nil)) : .success(200)
                }
            }
            await bench.backsOff()
            await bench.loop.advanceTime(by: .milliseconds(999))
            #expect(attempts.numbers == [1])
            await bench.loop.advanceTime(by: .milliseconds(1))
            await bench.run { attempts.numbers.count > 1 }
            let answer = try await call.value
            #expect(answer == 200)
            #expect(attempts.numbers == [1, 2])
            #expect(await bench.used == 2)
            #expect(bench.guarded.retriesRemaining == 10, "one call more, one retry less")
            await bench.loop.advanceTime(by: .seconds(11))
            #expect(bench.guarded.retriesRemaining == 10, "both are forgotten")
        }
    }

    @Test("What may not be sent twice is not, and its failing answer is the result")
    func notRepeatable() async throws {
        try await bench { bench in
            let answer = try await bench.guarded.call { _ in AttemptResult.failure(503, .status(503, retryAfter: nil)) }
            #expect(answer == 503)
            #expect(await bench.shown.failuresInWindow == 1)
            #expect(await bench.inFlight == 0)
        }
    }

    @Test("An attempt that throws is a failure, gives its place back, and the error comes through")
    func throwing() async throws {
        try await bench { bench in
            await #expect(throws: Broken.self) {
                try await bench.guarded.call { _ -> AttemptResult<Int> in throw Broken() }
            }
            #expect(await bench.shown.failuresInWindow == 1)
            #expect(await bench.inFlight == 0)
        }
    }

    @Test("envoy#25487: a cancellation or a refusal of ours inside an attempt is no failure of the provider")
    func ignored() async throws {
        try await bench { bench in
            for error in [CancellationError(), Refusal(.queueFull)] as [any Error & Sendable] {
                await #expect(throws: (any Error).self) {
                    try await bench.guarded.call(isRepeatable: true) { _ -> AttemptResult<Int> in throw error }
                }
            }
            _ = try await bench.guarded.call { _ in AttemptResult.ignored(0) }
            #expect(await bench.shown.failuresInWindow == 0)
            #expect(await bench.inFlight == 0)
        }
    }

    @Test("An open circuit refuses before anything is taken")
    func circuitOpen() async throws {
        try await bench { bench in
            await bench.circuit.force(.open, now: bench.loop.instant)
            await #expect(throws: Refusal(.circuitOpen)) {
                try await bench.guarded.call { _ in AttemptResult.success(1) }
            }
            #expect(await bench.used == 0)
            #expect(bench.recorder.count(of: "circuitRefused") == 1)
        }
    }

    @Test("An open circuit refuses before the call joins the line")
    func circuitOpenBeforeTheLine() async throws {
        try await bench(requests: 1) { bench in
            _ = try await bench.guarded.call { _ in AttemptResult.success(1) }
            await bench.circuit.force(.open, now: bench.loop.instant)
            await #expect(throws: Refusal(.circuitOpen)) {
                try await bench.guarded.call { _ in AttemptResult.success(1) }
            }
        }
    }

    @Test("Of two in line for one probe slot, the second is refused and refunded")
    func probeSlotGoneInLine() async throws {
        try await bench(requests: 2, failThreshold: 1) { bench in
            _ = try await bench.guarded.call { _ in AttemptResult.failure(503, .status(503, retryAfter: nil)) }
            await bench.loop.advanceTime(by: .seconds(30))
            for _ in 0..<2 {
                let taken = try await bench.limiter.tryAcquire()
                await bench.limiter.release(taken, now: bench.loop.instant)
            }
            let mayEnd = Tally()
            let refused = Tally()
            let calls = (0..<2).map { _ in
                Task {
                    do {
                        _ = try await bench.guarded.call { _ -> AttemptResult<Int> in
                            while mayEnd.numbers.isEmpty { await Task.yield() }
                            return .success(1)
                        }
                    } catch {
                        refused.add((error as? Refusal)?.reason == .circuitOpen ? 1 : 0)
                    }
                }
            }
            await bench.lineIs(2)
            await bench.loop.advanceTime(by: .seconds(5))
            while refused.numbers.isEmpty { await Task.yield() }
            #expect(refused.numbers == [1])
            #expect(await bench.used == 1, "that of the probe")
            #expect(await bench.inFlight == 1)
            mayEnd.add(1)
            for call in calls { await call.value }
            #expect(await bench.shown.state == .closed)
        }
    }

    @Test("A call that is cancelled in the moment of its admission makes no attempt, and is refunded")
    func cancelledWhenAdmitted() async throws {
        try await bench(requests: 1) { bench in
            _ = try await bench.guarded.call { _ in AttemptResult.success(1) }
            let attempts = Tally()
            let call = Task {
                try await bench.guarded.call { _ in
                    attempts.add(1)
                    return AttemptResult.success(1)
                }
            }
            await bench.lineIs(1)
            bench.admitted.does { call.cancel() }
            await bench.loop.advanceTime(by: .seconds(5))
            await #expect(throws: CancellationError.self) { try await call.value }
            #expect(attempts.numbers.isEmpty)
            #expect(await bench.used == 0)
            #expect(await bench.inFlight == 0)
        }
    }

    @Test("A stop of the provider comes before the circuit")
    func frozenFirst() async throws {
        try await bench { bench in
            let now = bench.loop.instant
            await bench.circuit.force(.open, now: now)
            await bench.limiter.freeze(.upstream, until: now + .seconds(60), isBan: false, now: now)
            do {
                _ = try await bench.guarded.call { _ in AttemptResult.success(1) }
                Issue.record("admitted")
            } catch let refusal as Refusal {
                #expect(refusal.reason == .frozen)
            }
        }
    }

    @Test("Those in line are refused at once when the circuit opens, and have cost nothing")
    func opensOverTheLine() async throws {
        try await bench(requests: 1) { bench in
            _ = try await bench.guarded.call { _ in AttemptResult.success(1) }
            let waiting = Task { try await bench.guarded.call { _ in AttemptResult.success(2) } }
            await bench.lineIs(1)
            await bench.circuit.force(.open, now: bench.loop.instant)
            await #expect(throws: Refusal.self) { try await waiting.value }
            #expect(await bench.used == 1)
            #expect(bench.recorder.count(of: "circuitRefused") == 1)
        }
    }

    /// Whatever comes between, the slot is free again.
    @Test("Sentinel#1638, resilience4j#903: a probe slot that is gone refunds, one cancelled is free")
    func probeSlot() async throws {
        try await bench(failThreshold: 1) { bench in
            _ = try await bench.guarded.call { _ in AttemptResult.failure(503, .status(503, retryAfter: nil)) }
            await bench.loop.advanceTime(by: .seconds(30))
            #expect(await bench.shown.state == .halfOpen)
            let inside = Tally()
            let probe = Task {
                try await bench.guarded.call { _ -> AttemptResult<Int> in
                    inside.add(1)
                    while !Task.isCancelled { await Task.yield() }
                    throw CancellationError()
                }
            }
            while inside.numbers.isEmpty { await Task.yield() }
            await #expect(throws: Refusal(.circuitOpen)) {
                try await bench.guarded.call { _ in AttemptResult.success(1) }
            }
            #expect(await bench.used == 1, "that of the probe")
            probe.cancel()
            await #expect(throws: CancellationError.self) { try await probe.value }
            #expect(await bench.inFlight == 0)
            #expect(await bench.shown.state == .halfOpen)
            _ = try await bench.guarded.call { _ in AttemptResult.success(1) }
            #expect(await bench.shown.state == .closed)
        }
    }

    @Test("A call cancelled in line or in its backoff ends with that, and owes nothing")
    func cancelled() async throws {
        try await bench(requests: 1) { bench in
            _ = try await bench.guarded.call { _ in AttemptResult.success(1) }
            let waiting = Task { try await bench.guarded.call { _ in AttemptResult.success(2) } }
            await bench.lineIs(1)
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
            await bench.lineIs(0)
            #expect(await bench.used == 1)
        }
        try await bench(failThreshold: 10) { bench in
            let backingOff = Task {
                try await bench.guarded.call(isRepeatable: true) { _ -> AttemptResult<Int> in throw Broken() }
            }
            await bench.backsOff()
            #expect(await bench.inFlight == 0, "its place is free meanwhile")
            backingOff.cancel()
            await #expect(throws: CancellationError.self) { try await backingOff.value }
            #expect(await bench.used == 1)
            #expect(bench.guarded.retriesRemaining == 11, "the retry is given back")
        }
    }

    @Test("A retry that is refused leaves the provider's own answer")
    func refusedRetry() async throws {
        try await bench(failThreshold: 10) { bench in
            let attempts = Tally()
            let ended = Tally()
            let call = Task {
                defer { ended.add(1) }
                return try await bench.guarded.call(isRepeatable: true) { number -> AttemptResult<Int> in
                    attempts.add(number)
                    return .failure(503, .status(503, retryAfter: nil))
                }
            }
            await bench.backsOff()
            await bench.circuit.force(.open, now: bench.loop.instant)
            await bench.loop.advanceTime(by: .seconds(1))
            await bench.run { !ended.numbers.isEmpty }
            let answer = try await call.value
            #expect(answer == 503)
            #expect(attempts.numbers == [1])
            #expect(bench.guarded.retriesRemaining == 11, "the retry is given back")
        }
    }

    @Test("No attempt is made after the circuit has opened on its failure")
    func noRetryIntoAnOpenCircuit() async throws {
        try await bench(failThreshold: 1) { bench in
            let attempts = Tally()
            let answer = try await bench.guarded.call(isRepeatable: true) { number -> AttemptResult<Int> in
                attempts.add(number)
                return .failure(503, .status(503, retryAfter: nil))
            }
            #expect(answer == 503)
            #expect(attempts.numbers == [1])
        }
    }
}
