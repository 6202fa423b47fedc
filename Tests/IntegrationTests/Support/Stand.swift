import Foundation
import WeirTestKit

/// A weir of its own in front of a scripted upstream of its own, for one test.
struct Stand: Sendable {
    /// The deadline of everything that is waited for: far beyond what a loaded machine needs.
    static let patience = Duration.seconds(20)

    let weir: WeirProcess
    let upstream: ScriptedUpstream
    /// Where callers go.
    let address: SocketEndpoint
    let admin: SocketEndpoint

    /// Starts both, runs `body`, and stops both whatever happens.
    ///
    /// - Parameters:
    ///   - rules: Keys of the upstream, which is named `api`, in YAML at the margin.
    ///   - root: Keys of the root, likewise.
    ///   - changes: Whether the admin endpoint lets itself be told to change anything.
    ///   - environment: Added to weir's environment.
    static func run(
        _ rules: String = "", root: String = "", changes: Bool = false, environment: [String: String] = [:],
        answering moment: ScriptedUpstream.Moment = .atEnd,
        script: @escaping ScriptedUpstream.Script = { _ in .respond(200, body: "ok") },
        _ body: (Stand) async throws -> Void
    ) async throws {
        try await Turnstile.processes.pass {
            let upstream = try await ScriptedUpstream.start(answering: moment, script: script)
            let text = configuration(rules, root: root, url: "http://\(upstream.endpoint)", changes: changes)
            let weir = try WeirProcess.start(configuration: text, environment: environment)
            do {
                let stand = Stand(
                    weir: weir, upstream: upstream, address: try await weir.address(of: "api", within: patience),
                    admin: try await weir.adminAddress(within: patience))
                try await body(stand)
            } catch {
                try await weir.stop()
                await upstream.stop()
                throw error
            }
            try await weir.stop()
            await upstream.stop()
        }
    }

    /// A configuration with one upstream named `api`. Nothing is tried again unless the rules speak of it.
    static func configuration(
        _ rules: String = "", root: String = "", url: String, listen: String = "127.0.0.1:0",
        admin: String = "127.0.0.1:0", changes: Bool = false
    ) -> String {
        let given = rules.split(separator: "\n")
        let lines = (given.contains { $0.hasPrefix("retry:") } ? [] : ["retry: off"]) + given
        let indented = lines.map { "    \($0)\n" }.joined()
        return """
            \(root)
            admin: { listen: "\(admin)"\(changes ? ", allow_changes: true" : "") }
            upstreams:
              - name: api
                listen: "\(listen)"
                url: "\(url)"

            """ + indented
    }

    // MARK: Calls

    func get(_ target: String, headers: [String] = []) async throws -> RawResponse {
        try await HTTPCall.get(address, target, headers: headers, within: Self.patience)
    }

    func post(_ target: String, body: String = "{}", headers: [String] = []) async throws -> RawResponse {
        try await HTTPCall.post(address, target, body: body, headers: headers, within: Self.patience)
    }

    /// A GET that is sent and left open.
    func open(_ target: String, headers: [String] = []) async throws -> OpenCall {
        try await OpenCall.get(address, target, headers: headers)
    }

    /// A POST that has reached the upstream and is in flight until it is finished.
    func hold(_ target: String) async throws -> OpenCall {
        let call = try await OpenCall.held(address, target)
        try await upstream.wait(for: "the head of \(target)", within: Self.patience) { record in
            record.requests.contains { $0.target == target && !$0.isComplete }
        }
        return call
    }

    /// So many GETs at once, each on a connection of its own.
    func burst(_ count: Int, _ target: String = "/") async throws -> [RawResponse] {
        try await withThrowingTaskGroup(of: RawResponse.self) { tasks in
            for _ in 0..<count { tasks.addTask { try await get(target) } }
            return try await tasks.reduce(into: []) { $0.append($1) }
        }
    }

    // MARK: What weir says of itself

    func metrics() async throws -> Exposition {
        Exposition(try await HTTPCall.get(admin, "/metrics", within: Self.patience).text)
    }

    func status() async throws -> JSONValue {
        let response = try await HTTPCall.get(admin, "/status", within: Self.patience)
        return try JSONDecoder().decode(JSONValue.self, from: Data(response.body))
    }

    /// The only upstream's part of `/status`.
    func upstreamStatus() async throws -> JSONValue {
        try await status()["upstreams"][0]
    }

    /// Scrapes until the metrics are as wanted.
    ///
    /// - Returns: Those metrics.
    @discardableResult
    func waitForMetrics(
        _ what: String, _ condition: @escaping @Sendable (Exposition) -> Bool
    ) async throws -> Exposition {
        let last = Observed("")
        return try await withDeadline(Self.patience, waitingFor: what, seen: { last.value }) {
            while true {
                let metrics = try await metrics()
                if condition(metrics) { return metrics }
                last.change { $0 = metrics.text }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    /// Waits until so many calls are in line.
    func waitForLine(_ length: Int) async throws {
        try await waitForMetrics("\(length) in line") { $0.sum("mm_queue_length") == Double(length) }
    }

    /// Waits until a circuit is in this state.
    func waitForCircuit(_ state: CircuitGauge, endpoint: String = "other") async throws {
        try await waitForMetrics("the circuit of \(endpoint) to be \(state)") {
            $0.circuit(endpoint) == state
        }
    }
}

/// The values of `mm_circuit_state`.
enum CircuitGauge: Double, Sendable {
    case closed = 0
    case open = 1
    case halfOpen = 2
}

extension Exposition {
    /// The state of a circuit of the upstream `api`.
    func circuit(_ endpoint: String = "other") -> CircuitGauge? {
        value("mm_circuit_state", Self.labels(endpoint)).flatMap(CircuitGauge.init)
    }

    func moves(_ from: String, _ to: String, endpoint: String = "other") -> Double? {
        value(
            "mm_circuit_transitions_total", Self.labels(endpoint).merging(["from": from, "to": to]) { $1 })
    }

    func failures(_ code: String, endpoint: String = "other") -> Double? {
        value("mm_api_failures_total", Self.labels(endpoint).merging(["code": code]) { $1 })
    }

    func outcomes(_ outcome: String, endpoint: String = "other") -> Double? {
        value("mm_api_requests_total", Self.labels(endpoint).merging(["outcome": outcome]) { $1 })
    }

    func rejections(_ reason: String, endpoint: String = "other") -> Double? {
        value("mm_rate_limit_rejections_total", Self.labels(endpoint).merging(["reason": reason]) { $1 })
    }

    func circuitRejections(_ endpoint: String = "other") -> Double? {
        value("mm_circuit_rejections_total", Self.labels(endpoint))
    }

    func hits(_ endpoint: String = "other") -> Double? {
        value("mm_rate_limit_hits_total", Self.labels(endpoint))
    }

    private static func labels(_ endpoint: String) -> [String: String] {
        ["upstream": "api", "endpoint": endpoint]
    }
}

extension RawResponse {
    /// The `Weir-Reason` of an answer of Weir's own.
    var reason: String? { self["Weir-Reason"] }

    /// `Retry-After` in seconds.
    var retryAfter: Int? { self["Retry-After"].flatMap { Int($0) } }

    /// The problem document.
    func problem() throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: Data(body))
    }
}
