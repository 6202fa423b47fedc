import Dispatch
import Synchronization

@testable import WeirAdmin

/// A source that tells what a test sets, and can hold its gatherings back until told to go on.
final class ScriptedSource: AdminSource {
    private struct State {
        var readiness = Readiness.ready
        var isHeld: Bool
        var held: [CheckedContinuation<Void, Never>] = []
    }

    private let body: [UInt8]
    private let state: Mutex<State>
    private let begun = DispatchSemaphore(value: 0)

    init(metrics: String = "# HELP a A\n# TYPE a gauge\na 1\n", held: Bool = false) {
        body = Array(metrics.utf8)
        state = Mutex(State(isHeld: held))
    }

    var readiness: Readiness { state.withLock { $0.readiness } }

    func become(_ readiness: Readiness) {
        state.withLock { $0.readiness = readiness }
    }

    /// Waits until one more gathering has begun; false if none does within 10 s.
    func waitForGathering() -> Bool {
        begun.wait(timeout: .now() + 10) == .success
    }

    /// Lets every gathering go on, those to come too.
    func release() {
        let held = state.withLock { state in
            state.isHeld = false
            defer { state.held = [] }
            return state.held
        }
        for continuation in held {
            continuation.resume()
        }
    }

    func metrics() async -> [UInt8] {
        await gate()
        return body
    }

    func status(upstream: String?) async -> [UInt8]? {
        await gate()
        return switch upstream {
        case nil: Array("{}".utf8)
        case "bybit": Array(#"{"name":"bybit"}"#.utf8)
        default: nil
        }
    }

    private func gate() async {
        await withCheckedContinuation { continuation in
            let goesOn = state.withLock { state in
                if state.isHeld { state.held.append(continuation) }
                return !state.isHeld
            }
            begun.signal()
            if goesOn { continuation.resume() }
        }
    }
}
