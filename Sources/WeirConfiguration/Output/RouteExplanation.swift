internal import WeirCore
internal import WeirProxy

/// What a call would meet: the upstream and the endpoint that serve it, and every rule on its way.
package struct RouteExplanation: Sendable, Equatable {
    /// The upstream that serves the call.
    package let upstream: String
    /// The endpoint that it belongs to.
    package let endpoint: String
    /// Topics and what holds for the call, in the order in which it meets them.
    package let rows: [Row]

    /// A topic and what holds.
    package struct Row: Sendable, Equatable {
        /// `limit`, `circuit`, …
        package let topic: String
        /// What holds.
        package let text: String
    }

    /// The route of a call.
    ///
    /// - Parameters:
    ///   - method: as it is sent, in capitals.
    ///   - url: of the listener, of a host in `hosts`, of the provider itself, or with a single upstream a path alone.
    /// - Throws: `RouteProblem`.
    package init(method: String, url: String, in settings: SidecarSettings) throws(RouteProblem) {
        let place = try RoutePlace(url, in: settings)
        let upstream = place.upstream
        let bytes = (Array(method.utf8), Array(place.path.utf8))
        let found = upstream.endpoints.first { $0.match.matches(method: bytes.0.span, path: bytes.1.span) }
        guard let endpoint = found else { throw RouteProblem(description: "no endpoint takes \(method) \(place.path)") }
        self.upstream = upstream.name
        self.endpoint = endpoint.name
        rows = Self.rows(method, place.path, upstream, endpoint)
    }

    /// The rows in two columns.
    package var text: String {
        let width = rows.map(\.topic.count).max() ?? 0
        var previous = ""
        return rows.map { row in
            // A topic of several rows is named once.
            let topic = row.topic == previous ? "" : row.topic
            previous = row.topic
            return topic + String(repeating: " ", count: width + 2 - topic.count) + row.text
        }.joined(separator: "\n")
    }

    private static func rows(
        _ method: String, _ path: String, _ upstream: UpstreamSettings, _ endpoint: EndpointSettings
    ) -> [Row] {
        var rows = [
            Row(
                topic: "upstream",
                text: "\(upstream.name) (listens on \(upstream.listen), mode \(upstream.mode.rawValue))"),
            Row(topic: "sent to", text: "\(method) \(upstream.url.description)\(isPlain(upstream.url) ? path : "")"),
            Row(topic: "endpoint", text: endpoint.name + matchText(endpoint.match)),
            Row(topic: "priority", text: endpoint.priority.name),
            Row(topic: "cost", text: costText(endpoint.cost)),
        ]
        rows += upstream.limits.map { Row(topic: "limit", text: limitText($0) + " (all calls of the upstream)") }
        rows += endpoint.limits.map { Row(topic: "limit", text: limitText($0)) }
        if upstream.limits.isEmpty, endpoint.limits.isEmpty { rows.append(Row(topic: "limit", text: "none")) }
        rows.append(Row(topic: "line", text: lineText(upstream, endpoint)))
        rows.append(Row(topic: "circuit", text: circuitText(upstream, endpoint)))
        rows.append(Row(topic: "retry", text: retryText(method, endpoint.retry)))
        rows.append(Row(topic: "timeouts", text: changed(TimeoutsKey.self, upstream.timeouts, all: true)))
        return rows
    }

    private static func isPlain(_ url: UpstreamURL) -> Bool {
        if case .unix = url.transport { false } else { true }
    }

    private static func matchText(_ match: EndpointMatch) -> String {
        let parts = [match.method, match.path?.description].compactMap { $0 }
        return parts.isEmpty ? " (what matches none)" : " (\(parts.joined(separator: " ")))"
    }

    private static func costText(_ cost: EndpointSettings.Cost) -> String {
        switch cost {
        case .fixed(let units): "\(units)"
        case .header(let name): "what the header \(name) says, or 1"
        case .query(let name): "what the query parameter \(name) says, or 1"
        }
    }

    private static func limitText(_ limit: LimitSettings) -> String {
        let standard = LimitKey.write(LimitKey.standard, Place()).members
        let members = LimitReader.write(limit, Place()).members.filter { !standard.contains($0) && $0.name != "name" }
        return "\(limit.name) " + YAMLText.line(.object(members))
    }

    private static func lineText(_ upstream: UpstreamSettings, _ endpoint: EndpointSettings) -> String {
        let own = endpoint.line
        var text = own.maxWait == .zero ? "never waits" : "waits up to \(own.maxWait.text)"
        if let expires = upstream.expires { text += ", and until \(expires.header) + \(expires.window.text)" }
        let (all, share) = (upstream.line.maxLength, min(own.maxLength, upstream.line.maxLength))
        return text + "; \(all) calls in line, \(share) of this endpoint"
    }

    private static func circuitText(_ upstream: UpstreamSettings, _ endpoint: EndpointSettings) -> String {
        let isShared = upstream.breakerScope == .upstream
        guard let circuit = isShared ? upstream.circuit : endpoint.circuit else { return "off" }
        let keys = changed(BreakerKey.self, BreakerDraft(circuit: circuit), except: BreakerKey.ofUpstream)
        let bypass = endpoint.bypassesCircuit ? "passed even when open; " : ""
        return bypass + (isShared ? "one for the upstream " : "its own ") + keys
    }

    private static func retryText(_ method: String, _ retry: RetrySettings) -> String {
        guard retry.maxAttempts > 1 else { return "off" }
        let condition = retry.methods.contains(method) ? "" : "with an Idempotency-Key only: "
        let causes = RetryCause.allCases.filter(retry.on.contains).map(\.rawValue)
        let reasons = (retry.statuses.map(String.init) + causes).joined(separator: ", ")
        return condition + "up to \(retry.maxAttempts) attempts, after \(reasons.isEmpty ? "nothing" : reasons)"
    }

    /// The keys of a section that are not at their defaults, or all of them.
    private static func changed<Key: SectionKey>(
        _: Key.Type, _ settings: Key.Settings, except excluded: Set<Key> = [], all: Bool = false
    ) -> String {
        let standard = all ? [] : Key.write(Key.standard, Place()).members
        let members = Key.write(settings, Place(), except: excluded).members.filter { !standard.contains($0) }
        return members.isEmpty ? "(all defaults)" : YAMLText.line(.object(members))
    }
}

/// Why a call has no route.
package struct RouteProblem: Error, Equatable, CustomStringConvertible {
    /// The reason, for people.
    package let description: String
}

/// The upstream that a URL leads to, and the path there.
private struct RoutePlace {
    let upstream: UpstreamSettings
    let path: String

    init(_ url: String, in settings: SidecarSettings) throws(RouteProblem) {
        let rest: Substring
        var authority: Substring?
        if let mark = url.firstRange(of: "://") {
            let named = url[mark.upperBound...]
            let end = named.firstIndex { "/?#".contains($0) } ?? named.endIndex
            authority = named[..<end]
            rest = named[end...]
        } else {
            rest = url[...]
        }
        let path = rest.prefix { $0 != "?" && $0 != "#" }
        guard path.isEmpty || path.first == "/" else {
            throw RouteProblem(description: "\(quoted(url)) is neither a URL nor a path that begins with /")
        }
        let whole = path.isEmpty ? "/" : String(path)
        guard let authority else {
            guard settings.upstreams.count == 1, let only = settings.upstreams.first else {
                let listeners = settings.upstreams.map { "http://\($0.listen)" }
                throw RouteProblem(
                    description: "there are several upstreams: name one, such as \(listed(listeners, "or"))")
            }
            (upstream, self.path) = (only, whole)
            return
        }
        guard let host = HostText(String(authority)) else {
            throw RouteProblem(description: "\(quoted(String(authority))) is no host")
        }
        let isSecure = url.lowercased().hasPrefix("https:")
        (upstream, self.path) = try Self.find(host, isSecure: isSecure, whole, settings.upstreams)
    }

    private static func find(
        _ host: HostText, isSecure: Bool, _ path: String, _ upstreams: [UpstreamSettings]
    ) throws(RouteProblem) -> (UpstreamSettings, String) {
        let port = host.port ?? (isSecure ? 443 : 80)
        let name = host.host == "localhost" ? "127.0.0.1" : host.host
        let here = upstreams.filter { $0.listen == .tcp(host: name, port: port) }
        if let served = here.first(where: { $0.hosts.contains(host.bracketed) }) ?? here.first(where: \.hosts.isEmpty) {
            return (served, path)
        }
        if let served = upstreams.first(where: { $0.hosts.contains(host.bracketed) }) { return (served, path) }
        for upstream in upstreams {
            let own: (host: String, port: Int)
            switch upstream.url.transport {
            case .http(let host, let port), .https(let host, let port): own = (host, port)
            case .unix: continue
            }
            guard own == (host.host, port) else { continue }
            // What a caller sends has the prefix not yet.
            let prefix = upstream.url.pathPrefix
            let isWithin = !prefix.isEmpty && (path == prefix || path.hasPrefix(prefix + "/"))
            let rest = isWithin ? String(path.dropFirst(prefix.count)) : path
            return (upstream, rest.isEmpty ? "/" : rest)
        }
        throw RouteProblem(description: "no upstream serves \(host.bracketed):\(port): see listen, hosts and url")
    }
}
