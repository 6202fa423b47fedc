import Dispatch
import Testing

/// Runs a test on a thread of its own. Its blocking clients would otherwise sit on the threads of Swift's pool, of
/// which a machine with one core has one, and the server's gatherings need them.
struct OwnThreads: SuiteTrait, TestTrait, TestScoping {
    let isRecursive = true

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(Executor()) {
            try await function()
        }
    }

    private final class Executor: TaskExecutor {
        private let queue = DispatchQueue(label: "test")

        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            queue.async {
                unsafe job.runSynchronously(on: self.asUnownedTaskExecutor())
            }
        }
    }
}

extension Trait where Self == OwnThreads {
    static var ownThreads: Self { Self() }
}
