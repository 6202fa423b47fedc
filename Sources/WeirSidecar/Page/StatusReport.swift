internal import FoundationEssentials

/// A `/status` as it is read: by the page that the server renders, and by `weir status`, whose Weir may be of another
/// version. So it holds only what these show, and what may be null is optional.
package struct StatusReport: Decodable, Sendable {
    /// An upstream.
    package struct Upstream: Decodable, Sendable {
        package let name: String
        package let url: String
        package let listen: String
        package let mode: String
        package let reasons: [String]
        package let frozenForMs: Double?
        package let banned: Bool
        package let circuit: Circuit?
        package let limits: [Limit]
        package let provider: Provider?
        package let queue: Queue
        package let connections: Connections
        package let endpoints: [Endpoint]
    }

    /// An endpoint of an upstream.
    package struct Endpoint: Decodable, Sendable {
        package let name: String
        package let priority: String
        package let bypassCircuit: Bool
        package let circuit: Circuit?
        package let limits: [Limit]
        package let provider: Provider?
        /// Calls since the start, by outcome.
        package let requests: [String: UInt64]
        package let inFlight: Int
    }

    /// A circuit.
    package struct Circuit: Decodable, Sendable {
        /// `closed`, `open` or `half_open`.
        package let state: String
        package let failuresInWindow: Int
        package let failThreshold: Int?
        package let nextProbeInMs: Double?
        package let forced: String?
    }

    /// A limit; of a keyed one it is not known how much is used.
    package struct Limit: Decodable, Sendable {
        package let name: String
        package let algorithm: String
        package let limit: Double
        package let windowSeconds: Double?
        package let used: Double?
        package let effectiveFactor: Double?
        /// The share kept for critical calls, where the server says so.
        package let reserve: Double?
        package let keys: Int?
    }

    /// What the provider last said of its own count.
    package struct Provider: Decodable, Sendable {
        package let limit: Double?
        package let remaining: Double?
        package let percentageUsed: Double?
    }

    /// The line of an upstream.
    package struct Queue: Decodable, Sendable {
        package let length: Int
        package let maxLength: Int
        package let oldestWaitMs: Double
    }

    /// The connections to an upstream.
    package struct Connections: Decodable, Sendable {
        package let active: Int
        package let idle: Int
        package let max: Int
    }

    /// The configuration in force.
    package struct Configuration: Decodable, Sendable {
        package let path: String
        package let loadedAt: String
        package let reloadsFailed: Int
    }

    package let version: String
    package let uptimeSeconds: Double
    package let draining: Bool
    package let config: Configuration
    package let upstreams: [Upstream]

    /// Reads the bytes of a `/status`; `nil` when they are something else.
    package init?(json: [UInt8]) {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        guard let report = try? decoder.decode(Self.self, from: Data(json)) else { return nil }
        self = report
    }
}

extension StatusReport.Limit {
    /// The share in use, 0..1; `nil` for a keyed limit.
    package var share: Double? { used.map { min(1, $0 / max(1, limit)) } }

    /// Whether nothing is left of it now.
    package var isFull: Bool { used.map { $0 >= limit * (effectiveFactor ?? 1) } ?? false }

    /// `123/600`, or the keys of a keyed limit.
    package var usedText: String {
        guard let used else { return "\(keys ?? 0) \(keys == 1 ? "key" : "keys")" }
        return "\(FigureText.count(used))/\(FigureText.count(limit))"
    }

    /// What the figure counts: `per 5 s`, `burst`, `in flight`.
    package var period: String {
        if let windowSeconds {
            return (algorithm == "spacing" ? "one per " : "per ") + FigureText.period(seconds: windowSeconds)
        }
        return ["token_bucket": "burst", "concurrency": "in flight", "spacing": "spaced"][algorithm] ?? ""
    }
}

extension StatusReport.Queue {
    /// Whether a further call of the lowest class would be refused.
    package var isFull: Bool { length > 0 && length >= maxLength }
}

extension StatusReport.Endpoint {
    /// Calls since the start with one of these outcomes.
    package func calls(_ outcomes: String...) -> UInt64 {
        outcomes.reduce(0) { $0 &+ (requests[$1] ?? 0) }
    }

    /// All calls since the start.
    package var allCalls: UInt64 { requests.values.reduce(0, &+) }

    /// How bad it stands; 0 is well.
    package var rank: Int {
        let shrunk = limits.contains { ($0.effectiveFactor ?? 1) < 1 } ? Trouble.Rank.shrunk : 0
        let full = limits.contains(where: \.isFull) ? Trouble.Rank.full : 0
        return max(circuit?.rank ?? 0, shrunk, full)
    }
}

extension StatusReport.Circuit {
    /// How bad it stands; 0 is well.
    package var rank: Int {
        switch state {
        case "open": Trouble.Rank.open
        case "half_open": Trouble.Rank.halfOpen
        default: 0
        }
    }
}

extension StatusReport.Upstream {
    /// That the provider said stop, and for how long: `frozen, 12 s left`.
    package var stop: String? {
        guard banned || frozenForMs != nil else { return nil }
        let left = frozenForMs.map { ", \(FigureText.span(milliseconds: $0)) left" }
        return (banned ? "banned" : "frozen") + (left ?? "")
    }

    /// How bad it stands, its endpoints included; 0 is well.
    package var rank: Int {
        if banned { return Trouble.Rank.banned }
        if frozenForMs != nil { return Trouble.Rank.frozen }
        let line = queue.isFull ? Trouble.Rank.lineFull : 0
        let own = max(circuit?.rank ?? 0, line, reasons.isEmpty ? 0 : Trouble.Rank.other)
        return endpoints.reduce(own) { max($0, $1.rank) }
    }
}
