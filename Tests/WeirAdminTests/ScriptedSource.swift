import Dispatch
import Synchronization

@testable import WeirAdmin

/// A source that tells what a test sets, and can hold its gatherings back until told to go on.
final class ScriptedSource: AdminSource {
    private struct State {
        var readiness = Readiness.ready
        var isHeld: Bool
        var held: [CheckedContinuation<Void, Never>] = []
        var gatherings = 0
        var queries: [MetricsQuery] = []
        var changes: [AdminChange] = []
    }

    private let body: [UInt8]
    private let state: Mutex<State>
    private let begun = DispatchSemaphore(value: 0)

    init(metrics: String = "# HELP a A\n# TYPE a gauge\na 1\n", held: Bool = false) {
        body = Array(metrics.utf8)
        state = Mutex(State(isHeld: held))
    }

    var readiness: Readiness { state.withLock { $0.readiness } }

    /// How many gatherings have begun.
    var gatherings: Int { state.withLock { $0.gatherings } }

    /// The metrics that were asked for.
    var queries: [MetricsQuery] { state.withLock { $0.queries } }

    /// The changes that were asked for.
    var changes: [AdminChange] { state.withLock { $0.changes } }

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

    func metrics(_ query: MetricsQuery) async -> [UInt8] {
        state.withLock { $0.queries.append(query) }
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

    func health() async -> [UInt8] {
        await gate()
        return Array(#"{"status":"pass"}"#.utf8)
    }

    func configuration() async -> [UInt8] {
        await gate()
        return Array("upstreams: []\n".utf8)
    }

    func page() async -> AdminPage {
        await gate()
        return AdminPage(html: Array("<!doctype html>".utf8), contentSecurityPolicy: "default-src 'none'; style-src x")
    }

    /// A reload fails, a circuit is forced, and there are no limits.
    func change(_ change: AdminChange) async -> ChangeAnswer {
        state.withLock { $0.changes.append(change) }
        await gate()
        return switch change {
        case .reload: .invalid(["weir.yaml:1:1: \"a\" is wrong", "and so\nis this"])
        case .circuit(_, .some, _): .accepted
        case .circuit: .done
        case .resetLimit: .notFound("no such limit")
        }
    }

    private func gate() async {
        await withCheckedContinuation { continuation in
            let goesOn = state.withLock { state in
                state.gatherings += 1
                if state.isHeld { state.held.append(continuation) }
                return !state.isHeld
            }
            begun.signal()
            if goesOn { continuation.resume() }
        }
    }
}
