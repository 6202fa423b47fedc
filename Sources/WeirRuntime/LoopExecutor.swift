public import NIOCore

/// Pins an actor to an event loop. The loop and its executor are kept alive here, which is what makes handing out the
/// unowned reference sound.
public struct LoopExecutor: Sendable {
    @usableFromInline let loop: any EventLoop
    private let executor: any SerialExecutor

    init(_ loop: any EventLoop) {
        self.loop = loop
        executor = loop.executor
    }

    var unowned: UnownedSerialExecutor {
        unsafe executor.asUnownedSerialExecutor()
    }
}

/// An actor that lives on an event loop.
public protocol LoopActor: Actor {
    /// Its loop.
    nonisolated var executor: LoopExecutor { get }
}

extension LoopActor {
    /// Calls the actor at once, from its loop; traps anywhere else. What `assumeIsolated` does, which takes 200 ns and two
    /// allocations to find out from the runtime what the loop knows by itself.
    @inlinable @inline(__always)
    public nonisolated func onLoop<Result: Sendable>(_ body: (isolated Self) -> Result) -> Result {
        executor.loop.preconditionInEventLoop()
        return withoutActuallyEscaping(body) { body in
            unsafe unsafeBitCast(body, to: ((Self) -> Result).self)(self)
        }
    }
}
