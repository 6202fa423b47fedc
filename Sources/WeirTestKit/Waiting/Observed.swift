import Synchronization

/// A value that several threads change and that tests wait on: each change wakes the waiters to look again.
package final class Observed<Value: Sendable>: Sendable {
    private struct Contents {
        var value: Value
        var waiters: [UInt64: AsyncStream<Void>.Continuation] = [:]
        var nextWaiter: UInt64 = 0
    }

    private let contents: Mutex<Contents>

    /// Holds `value` at first.
    package init(_ value: Value) {
        contents = Mutex(Contents(value: value))
    }

    /// The value as it is now.
    package var value: Value { contents.withLock { $0.value } }

    /// Changes the value and wakes the waiters.
    @discardableResult
    package func change<Result: Sendable>(_ body: @Sendable (inout Value) -> Result) -> Result {
        let (result, waiters) = contents.withLock { contents in
            (body(&contents.value), Array(contents.waiters.values))
        }
        for waiter in waiters {
            waiter.yield()
        }
        return result
    }

    /// Waits until `probe` finds what it looks for, which may be at once. It may take something out of the value,
    /// which wakes nobody.
    ///
    /// - Parameter between: Called each time before waiting for the next change.
    /// - Throws: What `probe` throws, or `CancellationError`.
    package func next<Result: Sendable>(
        between: @Sendable () -> Void = {}, where probe: @Sendable (inout Value) throws -> Result?
    ) async throws -> Result {
        let (changes, waiter) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let number = contents.withLock { contents in
            contents.nextWaiter += 1
            contents.waiters[contents.nextWaiter] = waiter
            return contents.nextWaiter
        }
        defer { contents.withLock { _ = $0.waiters.removeValue(forKey: number) } }
        // Enlisted first and looked second, so that no change can fall between the two.
        if let found = try contents.withLock({ try probe(&$0.value) }) { return found }
        between()
        for await _ in changes {
            if let found = try contents.withLock({ try probe(&$0.value) }) { return found }
            between()
        }
        throw CancellationError()
    }

    /// Waits until `condition` holds, at most for `limit`.
    ///
    /// - Parameters:
    ///   - what: What is waited for, in the words of the error.
    ///   - seen: Describes the value in the error.
    /// - Throws: `DeadlineExceeded`.
    package func wait(
        until condition: @escaping @Sendable (Value) -> Bool, within limit: Duration, waitingFor what: String,
        seen: @escaping @Sendable (Value) -> String
    ) async throws {
        try await withDeadline(limit, waitingFor: what, seen: { seen(self.value) }) {
            try await self.next { condition($0) ? () : nil }
        }
    }
}
