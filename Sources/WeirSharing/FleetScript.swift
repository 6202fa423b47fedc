package import WeirCore

/// The script that decides for the fleet inside Redis: its text, its keys and arguments, and its answers.
package enum FleetScript {
    /// The text, as Redis is given it.
    package static let source = String(decoding: PackageResources.fleet_lua, as: UTF8.self)

    /// The keys of an upstream and its shared limits. All lie in one slot of a Redis cluster.
    package static func keys(prefix: String, upstream: String, limits: [String]) -> [String] {
        let fleet = "\(prefix){\(upstream)}"
        return [fleet] + limits.flatMap { ["\(fleet):\($0)", "\(fleet):\($0):log"] }
    }

    /// The arguments after the keys.
    ///
    /// - Parameters:
    ///   - message: what to say.
    ///   - id: this instance's name, without blanks, of its own for every start.
    ///   - run: the server's run: another one knows nothing.
    ///   - settings: how the fleet shares.
    package static func arguments(
        _ message: FleetMessage, id: String, run: String, settings: FleetSettings
    ) -> [String] {
        var arguments = [
            message.verb.rawValue, id, "\(message.sequence)", "\(message.deadline)", microseconds(message.lease),
            "\(settings.instances)", run, microseconds(settings.slack), microseconds(message.memory),
            message.stops.map(text).joined(separator: ","),
        ]
        for limit in message.limits {
            arguments += figures(limit)
            arguments += [
                "\(limit.floor)", "\(limit.want)", "\(limit.least)", "\(limit.room)", "\(limit.held)",
                limit.list.map { "\($0.moment):\($0.units)" }.joined(separator: ","),
            ]
        }
        return arguments
    }

    /// What an answer means; nil for one that the script does not give.
    package static func reply(_ value: RedisValue) -> FleetReply? {
        guard case .array(let parts) = value, parts.count >= 2, case .text(let word) = parts[0],
            let status = FleetReply.Status(rawValue: word), case .integer(let now) = parts[1]
        else { return nil }
        guard parts.count > 2 else { return FleetReply(status: status, now: now) }
        guard case .text(let stops) = parts[2], (parts.count - 3).isMultiple(of: 5) else { return nil }
        var decisions: [FleetReply.Decision] = []
        for first in stride(from: 3, to: parts.count, by: 5) {
            guard case .integer(let granted) = parts[first], case .integer(let expiry) = parts[first + 1],
                case .integer(let retry) = parts[first + 2], case .integer(let used) = parts[first + 3],
                case .integer(let isFloorKept) = parts[first + 4]
            else { return nil }
            decisions.append(
                .init(
                    granted: Int(granted), expiry: expiry, retry: retry, used: Int(used),
                    isFloorKept: isFloorKept == 1))
        }
        return FleetReply(
            status: status, now: now, decisions: decisions, stops: stops.split(separator: ",").compactMap(stop))
    }

    private static func figures(_ limit: FleetMessage.Limit) -> [String] {
        switch limit.kind {
        case .sliding(let span, let margin):
            ["w", "\(limit.capacity)", microseconds(span), microseconds(margin)]
        case .calendar(let per, let margin):
            ["c", "\(limit.capacity)", microseconds(per), microseconds(margin)]
        case .bucket(let permits, let period):
            ["b", "\(limit.capacity)", "\(permits)", "\(Double(period.nanoseconds) / 1000)"]
        case .spacing(let every, let margin):
            ["s", "1", microseconds(every), microseconds(margin)]
        case .concurrency:
            ["p", "\(limit.capacity)", "0", "0"]
        }
    }

    /// Whole microseconds, rounded up.
    private static func microseconds(_ span: TimeSpan) -> String {
        "\(span.nanoseconds / 1000 + (span.nanoseconds % 1000 > 0 ? 1 : 0))"
    }

    private static func text(_ stop: FleetStop) -> String {
        "\(stop.scope):\(max(0, stop.left.nanoseconds / 1000)):\(stop.isBan ? 1 : 0):\(stop.status ?? 0)"
    }

    private static func stop(_ text: Substring) -> FleetStop? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 4, let left = Int64(parts[1]), let status = Int(parts[3]) else { return nil }
        return FleetStop(
            scope: String(parts[0]), left: TimeSpan(nanoseconds: 1000) * left, isBan: parts[2] == "1",
            status: status == 0 ? nil : status)
    }
}
