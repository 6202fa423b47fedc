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
        return unsafe unsafeBitCast(IsolatedCall<Self, Result>(), to: PlainCall<Self, Result>.self).call(self, body)
    }
}

/// Calls what an actor's isolation guards. The isolation is a part of the type and of nothing else, so that the same
/// function is the plain one of `PlainCall`. Bare functions would be wrapped, and allocated, to be cast.
@usableFromInline
struct IsolatedCall<Isolated: Actor, Result> {
    @usableFromInline let call: (isolated Isolated, (isolated Isolated) -> Result) -> Result

    @inlinable @inline(__always)
    init() {
        call = { actor, body in body(actor) }
    }
}

/// `IsolatedCall` without the word.
@usableFromInline
struct PlainCall<Isolated: Actor, Result> {
    @usableFromInline let call: (Isolated, (isolated Isolated) -> Result) -> Result
}
