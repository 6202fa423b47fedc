internal import Logging
internal import WeirCore
internal import WeirRuntime

/// The events that a person acts on, as log lines.
struct EventLog: Sendable {
    private let log: Logger

    init(_ log: Logger, upstream: String) {
        var log = log
        log[metadataKey: "upstream"] = "\(upstream)"
        self.log = log
    }

    func record(_ event: Event, endpoint: String) {
        guard case .circuitMoved(let move) = event else { return }
        let level: Logger.Level = move.to == .open ? .warning : .notice
        log.log(
            level: level, "circuit \(move.to.name)",
            metadata: ["endpoint": "\(endpoint)", "from": "\(move.from.name)", "cause": "\(move.cause.rawValue)"])
    }
}
