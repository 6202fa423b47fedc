internal import NIOCore

/// Pins an actor to an event loop. The loop and its executor are kept alive here, which is what makes handing out the
/// unowned reference sound.
struct LoopExecutor: Sendable {
    let loop: any EventLoop
    private let executor: any SerialExecutor

    init(_ loop: any EventLoop) {
        self.loop = loop
        executor = loop.executor
    }

    var unowned: UnownedSerialExecutor {
        unsafe executor.asUnownedSerialExecutor()
    }
}
