import NIOCore
import NIOPosix
import Synchronization
import Testing
import WeirCore
import WeirRuntime

@Suite("Rate limiter, under a storm of cancellations")
struct RateLimiterStormTests {
    /// Calls of all tasks together. Two of three are cancelled at some moment, 100,000 of them.
    static let calls = 150_000
    private static let tasks = 50

    /// A permit was lost where a cancellation met the hand-over, and a waiter where it came between the check and the
    /// stored continuation.
    @Test("SwiftPM#8721, groue/Semaphore#3: whenever tasks are cancelled, nothing is lost and nothing is left behind")
    func storm() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let limits = [
            LimitSettings(
                name: "rate", algorithm: .tokenBucket(rate: Rate(permits: 100_000, per: .seconds(1)), burst: 50)),
            LimitSettings(name: "busy", algorithm: .concurrency(max: 8)),
        ]
        let keyed = LimitSettings(
            name: "client", algorithm: .concurrency(max: 2), key: [.header("Weir-Key")], maxKeys: 1000)
        let admitted = Count()
        let sink: EventSink = { event in
            if case .admitted = event { admitted.increment() }
        }
        let control = AdmissionControl(
            shared: limits, endpoints: [[], [keyed]], maxLength: 100_000, shares: [100_000, 100_000])
        let limiter = RateLimiter(on: group.next(), control: control, sinks: [sink, sink])
        let keying = try #require(await limiter.keying(of: 1))
        let served = Count()
        let cancelled = Count()
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<Self.tasks {
                group.addTask {
                    var random = SeededGenerator(seed: UInt64(number))
                    for _ in 0..<Self.calls / Self.tasks {
                        let endpoint = Int(random.next() % 2)
                        let keys = try? keying.keys { _ in "k\(random.next() % 10)" }
                        let pauses = random.next() % 4
                        let task = Task {
                            let admission = try await limiter.acquire(
                                endpoint: endpoint, priority: .normal, keys: endpoint == 1 ? keys ?? .none : .none,
                                maxWait: .seconds(600))
                            served.increment()
                            await limiter.release(admission)
                        }
                        for _ in 0..<pauses { await Task.yield() }
                        if random.next() % 3 > 0 { task.cancel() }
                        if case .failure = await task.result { cancelled.increment() }
                    }
                }
            }
        }
        #expect(served.number + cancelled.number == Self.calls)
        #expect(admitted.number == served.number, "every admission went to a task")
        #expect(cancelled.number > 0 && served.number > 0)
        let snapshot = await limiter.snapshot(now: group.next().instant)
        #expect(snapshot.length == 0, "nobody is in line")
        #expect(snapshot.limits[1].used == 0 && snapshot.limits[2].keys == 0, "no place is taken")
        // Room that was lost would be missing now.
        for _ in 0..<8 { _ = try await limiter.acquire(maxWait: .seconds(10)) }
        await #expect(throws: Refusal.self) { try await limiter.tryAcquire() }
        await limiter.shutDown()
        try await group.shutdownGracefully()
    }

    @Test("A shutdown in the midst of it fails everyone who waits, and holds nobody")
    func shutdown() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let limit = LimitSettings(name: "busy", algorithm: .concurrency(max: 1))
        let control = AdmissionControl(shared: [limit], endpoints: [[]], maxLength: 10_000, shares: [10_000])
        let ended = Count()
        weak var left: RateLimiter?
        try await withRateLimiter(on: group.next(), control: control, sinks: [{ _ in }]) { limiter in
            left = limiter
            _ = try await limiter.acquire(maxWait: .seconds(600))
            for number in 0..<500 {
                let task = Task {
                    _ = try? await limiter.acquire(maxWait: .seconds(600))
                    ended.increment()
                }
                if number % 3 == 0 { task.cancel() }
            }
            while await limiter.snapshot(now: group.next().instant).length < 100 { await Task.yield() }
        }
        while ended.number < 500 { await Task.yield() }
        // What the loop still has to run may hold it for a moment.
        for _ in 0..<100_000 where left != nil { await Task.yield() }
        #expect(left == nil, "no timer, task or continuation keeps the limiter")
        try await group.shutdownGracefully()
    }
}

/// A number that any task may raise.
private final class Count: Sendable {
    private let value = Atomic(0)

    var number: Int { value.load(ordering: .relaxed) }

    func increment() {
        value.add(1, ordering: .relaxed)
    }
}
