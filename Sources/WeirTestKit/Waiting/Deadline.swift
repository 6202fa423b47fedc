/// A wait of a test that took too long.
package struct DeadlineExceeded: Error, CustomStringConvertible {
    /// What was waited for, how long, and what was seen until then.
    package let description: String
}

/// Runs `operation`, and cancels it and throws `DeadlineExceeded` when it takes longer than `limit`.
///
/// - Parameters:
///   - limit: How long it may take.
///   - what: What is waited for, to complete "waited ... for".
///   - seen: What has been seen so far; asked only when the time is up.
///   - operation: Must end when its task is cancelled.
package func withDeadline<Result: Sendable>(
    _ limit: Duration, waitingFor what: String, seen: @escaping @Sendable () -> String,
    operation: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result.self) { tasks in
        tasks.addTask(operation: operation)
        tasks.addTask {
            try await Task.sleep(for: limit)
            throw DeadlineExceeded(description: "waited \(limit) for \(what); seen so far: \(seen())")
        }
        defer { tasks.cancelAll() }
        guard let result = try await tasks.next() else { throw CancellationError() }
        return result
    }
}
