import Synchronization
import Testing

@testable import WeirSidecar

/// One reload at a time.
@Suite("Reload queue")
struct ReloadQueueTests {
    /// Work that stops until it is let go.
    private final class Work: Sendable {
        private struct State {
            var begun = 0
            var underWay = 0
            var most = 0
            var held: [CheckedContinuation<Void, Never>] = []
        }

        private let state = Mutex(State())

        func perform() async -> Int {
            let number = state.withLock { state in
                state.begun += 1
                state.underWay += 1
                state.most = max(state.most, state.underWay)
                return state.begun
            }
            await withCheckedContinuation { continuation in state.withLock { $0.held.append(continuation) } }
            state.withLock { $0.underWay -= 1 }
            return number
        }

        var most: Int { state.withLock { $0.most } }

        /// Lets the one go that is under way, as soon as there is one.
        func release() async {
            while true {
                let next = state.withLock { $0.held.popLast() }
                if let next { return next.resume() }
                await Task.yield()
            }
        }
    }

    @Test("One runs, one waits, and whoever else asks shares the one that waits")
    func shares() async {
        let work = Work()
        let queue = ReloadQueue { await work.perform() }
        let first = Task { await queue.run() }
        while work.most == 0 { await Task.yield() }
        // Each has asked when it is made: it runs at once up to where it waits.
        let others = (0..<5).map { _ in Task.immediate { await queue.run() } }
        await work.release()
        #expect(await first.value == 1)
        await work.release()
        for other in others { #expect(await other.value == 2) }
        let last = Task { await queue.run() }
        await work.release()
        #expect(await last.value == 3)
        #expect(work.most == 1)
    }

    @Test("Closed it waits for what is under way and takes no more")
    func close() async {
        let work = Work()
        let queue = ReloadQueue { await work.perform() }
        let first = Task { await queue.run() }
        while work.most == 0 { await Task.yield() }
        let closing = Task { await queue.close() }
        await work.release()
        await closing.value
        #expect(await first.value == 1)
        #expect(await queue.run() == nil)
    }
}
