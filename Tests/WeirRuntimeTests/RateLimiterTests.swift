import NIOCore
import NIOEmbedded
import Testing
import WeirCore
import WeirRuntime

@Suite("Rate limiter")
struct RateLimiterTests {
    /// `requests` per second, exact.
    static func limiter(
        _ requests: Int, on loop: any EventLoop, maxLength: Int = 1000, recorder: EventRecorder = EventRecorder()
    ) -> RateLimiter {
        let limit = LimitSettings(
            name: "ip", algorithm: .slidingWindow(requests: requests, per: .seconds(1), margin: .zero))
        let control = AdmissionControl(shared: [limit], endpoints: [[]], maxLength: maxLength, shares: [maxLength])
        return RateLimiter(on: loop, control: control, sinks: [recorder.sink])
    }

    @Test("aiolimiter#73: admits at once while there is room, then by timer, in order, nobody before its turn")
    func order() async throws {
        let loop = NIOAsyncTestingEventLoop()
        let recorder = EventRecorder()
        let limiter = Self.limiter(1, on: loop, recorder: recorder)
        #expect(try await limiter.acquire(maxWait: .seconds(10)).waited == .zero)
        let served = Tally()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for number in 0..<3 {
                tasks.addTask {
                    let waited = try await limiter.acquire(maxWait: .seconds(10)).waited
                    #expect(waited == .seconds(Int64(number) + 1))
                    served.add(number)
                }
                try await limiter.waitForLength(number + 1)
            }
            for second in 1...3 {
                await loop.advanceTime(by: .milliseconds(999))
                #expect(recorder.count(of: "admitted") == second, "nobody before the turn")
                await loop.advanceTime(by: .milliseconds(1))
                #expect(recorder.count(of: "admitted") == second + 1, "one at each turn")
            }
            try await tasks.waitForAll()
        }
        #expect(served.numbers == [0, 1, 2])
        #expect(recorder.count(of: "limitHit") == 3)
        await limiter.shutDown()
        await loop.shutdownGracefully()
    }

    @Test("A deadline refuses by timer, and says when a further try could succeed")
    func deadline() async throws {
        let loop = NIOAsyncTestingEventLoop()
        let limiter = Self.limiter(2, on: loop)
        _ = try await limiter.acquire(cost: 2, maxWait: .zero)
        let low = Task { try await limiter.acquire(priority: .low, maxWait: .seconds(1)) }
        try await limiter.waitForLength(1)
        let high = Task { try await limiter.acquire(cost: 2, priority: .high, maxWait: .seconds(5)) }
        try await limiter.waitForLength(2)
        await loop.advanceTime(by: .seconds(1))
        let error = await #expect(throws: Refusal.self) { try await low.value }
        #expect(error?.reason == .rateLimited)
        #expect(try await high.value.waited == .seconds(1))
        await limiter.shutDown()
        await loop.shutdownGracefully()
    }

    @Test("What could not be admitted in time is refused at once")
    func projected() async throws {
        let loop = NIOAsyncTestingEventLoop()
        let limiter = Self.limiter(1, on: loop)
        _ = try await limiter.acquire(maxWait: .zero)
        let refusal = await #expect(throws: Refusal.self) { try await limiter.acquire(maxWait: .milliseconds(999)) }
        #expect(refusal == Refusal(.rateLimited, limit: "ip", retryAfter: .seconds(1)))
        await limiter.shutDown()
        await loop.shutdownGracefully()
    }

    /// A waiter cancelled after its wake-up stranded the next.
    @Test("cpython#90155, anyio#1145: cancelling the first in line lets the next go at the same moment")
    func cancelledHead() async throws {
        let loop = NIOAsyncTestingEventLoop()
        let limiter = Self.limiter(2, on: loop)
        _ = try await limiter.acquire(maxWait: .zero)
        let dear = Task { try await limiter.acquire(cost: 2, maxWait: .seconds(10)) }
        try await limiter.waitForLength(1)
        let cheap = Task { try await limiter.acquire(maxWait: .seconds(10)) }
        try await limiter.waitForLength(2)
        dear.cancel()
        // The loop of the test runs what other threads hand it only when it is run.
        await loop.run()
        await #expect(throws: CancellationError.self) { try await dear.value }
        let snapshot = await limiter.snapshot(now: loop.instant)
        #expect(snapshot.length == 0, "the unit that is free is the next one's, and no time has passed")
        #expect(snapshot.limits[0].used == 2, "the cancelled call took nothing")
        // Whoever was left in line would be refused now, and not waited for.
        await limiter.shutDown()
        #expect(try await cheap.value.waited == .zero)
        await loop.shutdownGracefully()
    }

    @Test("SwiftPM#8721: a task that is cancelled before it asks takes nothing and is not in line")
    func cancelledBefore() async throws {
        let loop = NIOAsyncTestingEventLoop()
        let limiter = Self.limiter(1, on: loop)
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await limiter.acquire(maxWait: .seconds(1))
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        let snapshot = await limiter.snapshot(now: loop.instant)
        #expect(snapshot.length == 0 && snapshot.limits[0].used == 0)
        await limiter.shutDown()
        await loop.shutdownGracefully()
    }

    @Test("Shutting down refuses everyone in line at once, everyone later, and may be done twice")
    func shutdown() async throws {
        let loop = NIOAsyncTestingEventLoop()
        let limiter = Self.limiter(1, on: loop)
        _ = try await limiter.acquire(maxWait: .zero)
        let waiting = Task { try await limiter.acquire(maxWait: .seconds(10)) }
        try await limiter.waitForLength(1)
        await limiter.shutDown()
        await limiter.shutDown()
        await #expect(throws: Refusal(.draining)) { try await waiting.value }
        await #expect(throws: Refusal(.draining)) { try await limiter.acquire(maxWait: .seconds(10)) }
        #expect(await limiter.snapshot(now: loop.instant).length == 0)
        await loop.shutdownGracefully()
    }

    @Test("A waiter of the data path keeps its turn until a connection is ready, and tasks do not overtake it")
    func mixedUse() async throws {
        let loop = NIOAsyncTestingEventLoop()
        let limiter = Self.limiter(1, on: loop)
        let turns = Tally()
        await limiter.attach(.init(turnCame: { turns.add(1) }, refused: { _, _ in }))
        let demand = Demand(endpoint: 0, deadline: at(seconds: 60))
        guard case .joined(let ticket) = await limiter.enter(demand, ready: false, now: loop.instant) else {
            Issue.record("not in line")
            return
        }
        let task = Task { try await limiter.acquire(maxWait: .seconds(60)) }
        try await limiter.waitForLength(2)
        #expect(await limiter.next(now: loop.instant) == ticket)
        await loop.advanceTime(by: .seconds(5))
        #expect(await limiter.admit(ticket, now: loop.instant)?.waited == .zero)
        #expect(await limiter.next(now: loop.instant) == nil)
        await loop.advanceTime(by: .seconds(1))
        #expect(try await task.value.waited > .zero)
        await limiter.shutDown()
        await loop.shutdownGracefully()
    }

    @Test("A freeze is told with its status, refuses whom it outlasts, and ends by the one timer")
    func freeze() async throws {
        let loop = NIOAsyncTestingEventLoop()
        let (recorder, upstream) = (EventRecorder(), EventRecorder())
        let limit = LimitSettings(name: "busy", algorithm: .concurrency(max: 1))
        let control = AdmissionControl(shared: [limit], endpoints: [[]], maxLength: 10, shares: [10])
        let limiter = RateLimiter(on: loop, control: control, sinks: [recorder.sink], upstreamSink: upstream.sink)
        let held = try await limiter.acquire(maxWait: .zero)
        let hasty = Task { try await limiter.acquire(maxWait: .seconds(1)) }
        try await limiter.waitForLength(1)
        await limiter.freeze(.upstream, until: loop.instant + .seconds(2), isBan: true, status: 418, now: loop.instant)
        await #expect(throws: Refusal(.frozen, retryAfter: .seconds(2))) { try await hasty.value }
        let demand = Demand(endpoint: 0, deadline: loop.instant + .seconds(1))
        #expect(await limiter.frozenRefusal(demand, now: loop.instant)?.reason == .frozen)
        #expect(recorder.count(of: "lineRefused(WeirCore.RefusalReason.frozen)") == 2)
        await limiter.release(held)
        let patient = Task { try await limiter.acquire(maxWait: .seconds(5)) }
        try await limiter.waitForLength(1)
        await loop.advanceTime(by: .milliseconds(1999))
        #expect(await limiter.snapshot(now: loop.instant).length == 1)
        await loop.advanceTime(by: .milliseconds(1))
        #expect(try await patient.value.waited == .seconds(2))
        #expect(upstream.count(of: "frozen") == 1 && upstream.count(of: "thawed(wasBan: true)") == 1)
        await limiter.shutDown()
        await loop.shutdownGracefully()
    }

    @Test("Shutting down leaves no timer, not for a thaw either")
    func shutdownWhileFrozen() async throws {
        let loop = NIOAsyncTestingEventLoop()
        let upstream = EventRecorder()
        let limit = LimitSettings(name: "busy", algorithm: .concurrency(max: 1))
        let control = AdmissionControl(shared: [limit], endpoints: [[]], maxLength: 10, shares: [10])
        let limiter = RateLimiter(on: loop, control: control, sinks: [{ _ in }], upstreamSink: upstream.sink)
        await limiter.freeze(.upstream, until: loop.instant + .seconds(2), isBan: false, now: loop.instant)
        await limiter.shutDown()
        await loop.advanceTime(by: .seconds(3))
        #expect(upstream.count(of: "frozen") == 1 && upstream.count(of: "thawed") == 0)
        await loop.shutdownGracefully()
    }

    @Test("A release wakes whoever waits for the place; trying takes none and waits for nobody")
    func places() async throws {
        let loop = NIOAsyncTestingEventLoop()
        let limit = LimitSettings(name: "busy", algorithm: .concurrency(max: 1))
        let control = AdmissionControl(shared: [limit], endpoints: [[]], maxLength: 10, shares: [10])
        try await withRateLimiter(on: loop, control: control, sinks: [{ _ in }]) { limiter in
            let first = try await limiter.tryAcquire()
            await #expect(throws: Refusal(.rateLimited, limit: "busy")) { try await limiter.tryAcquire() }
            let second = Task { try await limiter.acquire(maxWait: .seconds(5)) }
            try await limiter.waitForLength(1)
            await limiter.giveBack(first)
            _ = try await second.value
            await limiter.release(first)
            #expect(await limiter.snapshot(now: loop.instant).limits[0].used == 1)
        }
        await loop.shutdownGracefully()
    }

    @Test("In shadow everybody goes at once, and the events tell what would have been")
    func shadow() async throws {
        let loop = NIOAsyncTestingEventLoop()
        let recorder = EventRecorder()
        let limit = LimitSettings(name: "ip", algorithm: .slidingWindow(requests: 1, per: .seconds(1), margin: .zero))
        let control = AdmissionControl(
            shared: [limit], endpoints: [[]], maxLength: 10, shares: [10], mode: .shadow)
        try await withRateLimiter(on: loop, control: control, sinks: [recorder.sink]) { limiter in
            for wait in [0, 1000, 0] as [Int64] { _ = try await limiter.acquire(maxWait: .milliseconds(wait)) }
        }
        #expect(recorder.count(of: "admitted") == 3)
        #expect(recorder.count(of: "limitHit") == 2)
        #expect(recorder.count(of: "lineRefused") == 1)
        await loop.shutdownGracefully()
    }

    @Test("A scope shuts its limiter down however it ends")
    func scope() async throws {
        let loop = NIOAsyncTestingEventLoop()
        let limit = LimitSettings(name: "busy", algorithm: .concurrency(max: 1))
        let control = AdmissionControl(shared: [limit], endpoints: [[]], maxLength: 10, shares: [10])
        let waiting = await #expect(throws: CancellationError.self) {
            try await withRateLimiter(on: loop, control: control, sinks: [{ _ in }]) { limiter in
                _ = try await limiter.acquire(maxWait: .zero)
                throw CancellationError()
            }
        }
        #expect(waiting != nil)
        var outer: Task<Admission, any Error>?
        try await withRateLimiter(on: loop, control: control, sinks: [{ _ in }]) { limiter in
            _ = try await limiter.acquire(maxWait: .zero)
            outer = Task { try await limiter.acquire(maxWait: .seconds(9)) }
            try await limiter.waitForLength(1)
        }
        await #expect(throws: Refusal(.draining)) { try await outer?.value }
        await loop.shutdownGracefully()
    }
}

func at(seconds: Int64) -> Instant {
    Instant(nanoseconds: seconds * 1_000_000_000)
}

extension RateLimiter {
    /// Lets other tasks run until so many calls are in line.
    func waitForLength(_ length: Int) async throws {
        for _ in 0..<100_000 {
            if snapshot(now: Instant(nanoseconds: 0)).length == length { return }
            await Task.yield()
        }
        Issue.record("the line never had \(length) calls")
    }
}
