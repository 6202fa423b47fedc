internal import Synchronization

/// Lets one reload run at a time. Whoever asks while another waits shares it: it has read nothing yet.
final class ReloadQueue<Outcome: Sendable>: Sendable {
    private struct State {
        var isClosed = false
        var running: Task<Outcome, Never>?
        var waiting: Task<Outcome, Never>?
    }

    private let state = Mutex(State())
    private let work: @Sendable () async -> Outcome

    /// A queue for `work`.
    init(_ work: @escaping @Sendable () async -> Outcome) {
        self.work = work
    }

    /// Has the work done after what is under way; nil once the queue is closed.
    func run() async -> Outcome? {
        let task = state.withLock { state -> Task<Outcome, Never>? in
            guard !state.isClosed else { return nil }
            if let waiting = state.waiting { return waiting }
            guard let running = state.running else {
                let task = Task { await self.perform() }
                state.running = task
                return task
            }
            let task = Task {
                _ = await running.value
                self.state.withLock { ($0.running, $0.waiting) = ($0.waiting, nil) }
                return await self.perform()
            }
            state.waiting = task
            return task
        }
        return await task?.value
    }

    /// Takes no further work, and waits for what has been taken.
    func close() async {
        let (running, waiting) = state.withLock { state in
            state.isClosed = true
            return (state.running, state.waiting)
        }
        _ = await running?.value
        _ = await waiting?.value
    }

    private func perform() async -> Outcome {
        let outcome = await work()
        state.withLock { state in
            if state.waiting == nil { state.running = nil }
        }
        return outcome
    }
}
