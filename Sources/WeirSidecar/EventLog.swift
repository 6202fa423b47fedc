internal import FoundationEssentials
internal import Logging
internal import WeirAdmin
internal import WeirCore
internal import WeirRuntime

/// The events of one upstream that a person acts on: a log line, and an entry in `/events`, for each.
struct EventLog: Sendable {
    private let log: Logger
    private let feed: EventFeed
    private let upstream: String

    init(_ log: Logger, feed: EventFeed, upstream: String) {
        var log = log
        log[metadataKey: "upstream"] = "\(upstream)"
        self.log = log
        self.feed = feed
        self.upstream = upstream
    }

    /// Tells of an event of an endpoint ("" for the upstream itself).
    func record(_ event: Event, endpoint: String) {
        switch event {
        case .circuitMoved(let move):
            let level: Logger.Level = move.to == .open ? .warning : .notice
            tell(level, "circuit \(move.to.name)", endpoint, ["from": move.from.name, "cause": move.cause.rawValue])
            publish(
                .circuit, endpoint,
                [
                    .init("from", .text(move.from.name)), .init("to", .text(move.to.name)),
                    .init("cause", .text(move.cause.rawValue)),
                ])
        case .frozen(let freeze):
            let seconds = freeze.left.inSeconds
            var details: [AdminEvent.Detail] = [.init("seconds", .number(seconds))]
            if let status = freeze.status { details.append(.init("status", .number(Double(status)))) }
            let text = freeze.isBan ? "banned by the provider" : "frozen by the provider"
            tell(freeze.isBan ? .error : .warning, text, endpoint, ["for": freeze.left.text])
            publish(freeze.isBan ? .ban : .freeze, endpoint, details)
        case .thawed(let wasBan):
            tell(.notice, wasBan ? "the ban is over" : "the freeze is over", endpoint)
            publish(.thaw, endpoint, [])
        case .limitShrunk(let limit, let factor):
            tell(.warning, "limit shrunk after 429", endpoint, ["limit": limit, "factor": "\(factor)"])
            publish(.shrink, endpoint, [.init("limit", .text(limit)), .init("factor", .number(factor))])
        case .limitRecovered(let limit):
            tell(.notice, "limit recovered", endpoint, ["limit": limit])
            publish(.recovered, endpoint, [.init("limit", .text(limit)), .init("factor", .number(1))])
        case .quotaLow(let remaining):
            tell(.warning, "little of the provider's quota remains", endpoint, ["remaining": "\(remaining)"])
        case .fleetLost:
            tell(.warning, "Redis is out of reach; shared limits are held to this instance's part", endpoint)
            publish(.sharedLost, endpoint, [])
        case .fleetBack:
            tell(.notice, "Redis is back; limits are shared again", endpoint)
            publish(.sharedBack, endpoint, [])
        case .circuitRefused, .limitHit, .admitted, .lineRefused, .attemptFailed, .attemptEnded, .retried,
            .retryBudgetExhausted, .overhead, .permitExpired, .callEnded:
            break
        }
    }

    private func tell(_ level: Logger.Level, _ text: String, _ endpoint: String, _ more: [String: String] = [:]) {
        var metadata = more.mapValues { Logger.MetadataValue.string($0) }
        if !endpoint.isEmpty { metadata["endpoint"] = "\(endpoint)" }
        log.log(level: level, "\(text)", metadata: metadata)
    }

    private func publish(_ kind: AdminEvent.Kind, _ endpoint: String, _ details: [AdminEvent.Detail]) {
        feed.publish(AdminEvent(kind, time: EventTime.now, upstream: upstream, endpoint: endpoint, details: details))
    }
}

/// The wall time as events carry it.
enum EventTime {
    /// Now, with milliseconds.
    static var now: String {
        Date.now.timestamp
    }
}
