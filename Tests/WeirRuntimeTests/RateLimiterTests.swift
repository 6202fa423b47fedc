import NIOCore
import NIOEmbedded
import NIOPosix
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

    @Test("Admits at once while there is room, and by timer afterwards, in order")
    func order() async throws {
        let loop = NIOAsyncTestingEventLoop()
        let recorder = EventRecorder()
        let limiter = Self.limiter(1, on: loop, recorder: recorder)
        #expect(try await limiter.acquire(maxWait: .seconds(10)) == .zero)
        let served = Tally()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for number in 0..<3 {
                tasks.addTask {
                    let waited = try await limiter.acquire(maxWait: .seconds(10))
                    #expect(waited == .seconds(Int64(number) + 1))
                    served.add(number)
                }
                try await limiter.waitForLength(number + 1)
            }
            // aiolimiter#73: every waiter woke at every tick.
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
        #expect(try await high.value == .seconds(1))
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

    /// cpython#90155, anyio#1145: a waiter cancelled after its wake-up stranded the next.
    @Test("Cancelling the first in line lets the next go at the same moment")
    func cancelledHead() async throws {
        let loop = NIOAsyncTestingEventLoop()
        let limiter = Self.limiter(2, on: loop)
        _ = try await limiter.acquire(cost: 2, maxWait: .zero)
        let dear = Task { try await limiter.acquire(cost: 2, maxWait: .seconds(10)) }
        try await limiter.waitForLength(1)
        let cheap = Task { try await limiter.acquire(maxWait: .seconds(10)) }
        try await limiter.waitForLength(2)
        dear.cancel()
        // The loop of the test runs what other threads hand it only when it is run.
        await loop.run()
        await #expect(throws: CancellationError.self) { try await dear.value }
        await loop.advanceTime(by: .seconds(1))
        #expect(try await cheap.value == .seconds(1))
        #expect(await limiter.snapshot(now: loop.instant).limits[0].used == 1, "the cancelled call took nothing")
        await limiter.shutDown()
        await loop.shutdownGracefully()
    }

    /// SwiftPM#8721.
    @Test("A task that is cancelled before it asks takes nothing and is not in line")
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
        #expect(await limiter.admit(ticket, now: loop.instant) == .zero)
        #expect(await limiter.next(now: loop.instant) == nil)
        await loop.advanceTime(by: .seconds(1))
        #expect(try await task.value > .zero)
        await limiter.shutDown()
        await loop.shutdownGracefully()
    }

    /// SwiftPM#8721, groue/Semaphore#3: a permit lost where a cancellation meets the hand-over.
    @Test("Random cancellations under real concurrency lose nothing and leave nothing behind")
    func cancellationStorm() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let limit = LimitSettings(
            name: "ip", algorithm: .tokenBucket(rate: Rate(permits: 20_000, per: .seconds(1)), burst: 10))
        let recorder = EventRecorder()
        let control = AdmissionControl(shared: [limit], endpoints: [[]], maxLength: 100_000, shares: [100_000])
        let limiter = RateLimiter(on: group.next(), control: control, sinks: [recorder.sink])
        let admitted = Tally()
        await withTaskGroup(of: Void.self) { tasks in
            for number in 0..<5000 {
                tasks.addTask {
                    let task = Task {
                        _ = try await limiter.acquire(maxWait: .seconds(60))
                        admitted.add(number)
                    }
                    for _ in 0..<(number % 7) { await Task.yield() }
                    if number % 3 != 0 { task.cancel() }
                    _ = try? await task.value
                }
            }
        }
        #expect(recorder.count(of: "admitted") == admitted.numbers.count, "every unit taken went to a task that got it")
        #expect(await limiter.snapshot(now: group.next().instant).length == 0)
        await limiter.shutDown()
        try await group.shutdownGracefully()
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
