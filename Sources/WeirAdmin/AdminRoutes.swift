/// What the admin endpoint answers to what. Pure: nothing here waits, reads a clock or touches a socket.
package enum AdminRoutes {
    /// The longest request body that is let in.
    package static let maxBody = 4096

    /// A document that must be gathered before a request can be answered.
    package enum Document: Sendable, Hashable {
        case metrics(MetricsQuery, gzip: Bool)
        case status(upstream: String?)
        case health
        case configuration
        case page
    }

    /// How a request is answered.
    package enum Decision: Sendable, Equatable {
        /// With this.
        case answer(AdminResponse)
        /// With this, once it is gathered.
        case gather(Document)
        /// With what becomes of this.
        case change(AdminChange)
        /// With events, those after the number given first.
        case stream(after: UInt64?)
    }

    /// The refusal of a request whose body shall not be read, given before any of it is: one above `maxBody`, and one
    /// of unknown length, which could only be found too long when most of it has been read. The connection is closed.
    package static func refusalOfBody(_ request: AdminRequest) -> AdminResponse? {
        if !request.values("Transfer-Encoding").isEmpty {
            return AdminResponse(status: 411, text: "a request body needs a Content-Length\n")
        }
        if request.values("Content-Length").contains(where: { UInt64($0).map { $0 > maxBody } ?? true }) {
            return AdminResponse(status: 413, text: "a request body is limited to \(maxBody) bytes\n")
        }
        return nil
    }

    /// How a request, whole by now, is answered.
    package static func decide(
        _ request: AdminRequest, settings: AdminSettings, readiness: Readiness
    ) -> Decision {
        if let refusal = refusalOfHost(request, settings: settings) {
            return .answer(refusal)
        }
        if let change = change(request) {
            return decide(change, request, settings: settings)
        }
        guard let decision = reading(request, readiness: readiness) else {
            return .answer(AdminResponse(status: 404, text: "not found\n"))
        }
        guard request.method == "GET" || request.method == "HEAD" else {
            return .answer(methodNotAllowed(allow: "GET, HEAD"))
        }
        return decision
    }

    /// What a GET of a path is answered; `nil` where there is nothing.
    private static func reading(_ request: AdminRequest, readiness: Readiness) -> Decision? {
        switch request.path {
        case "/metrics":
            let query = MetricsQuery(
                format: Negotiation.format(accept: request.values("Accept")),
                names: Set(request.queryValues("name[]")))
            return .gather(
                .metrics(query, gzip: Negotiation.gzip(acceptEncoding: request.values("Accept-Encoding"))))
        case "/status":
            return .gather(.status(upstream: request.queryValue("upstream")))
        case "/events":
            return events(request)
        case "/livez":
            return .answer(AdminResponse(status: 200, text: "ok"))
        case "/readyz":
            return switch readiness {
            case .ready: .answer(AdminResponse(status: 200, text: "ok"))
            case .notReady(let reason): .answer(AdminResponse(status: 503, text: reason))
            }
        case "/health":
            return .gather(.health)
        case "/config":
            return .gather(.configuration)
        case "/":
            return .gather(.page)
        default:
            return nil
        }
    }

    /// Whoever reconnects says what came last; `since` is what the first request said.
    private static func events(_ request: AdminRequest) -> Decision {
        if let last = request.values("Last-Event-ID").last.flatMap({ UInt64($0) }) {
            return .stream(after: last)
        }
        guard let since = request.queryValue("since") else { return .stream(after: nil) }
        guard let number = UInt64(since) else {
            return .answer(AdminResponse(status: 400, text: "since: expected the number of an event\n"))
        }
        return .stream(after: number)
    }

    /// The change that a path stands for, whatever the method.
    private static func change(_ request: AdminRequest) -> AdminChange? {
        let segments = request.path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard segments.starts(with: ["", "-"]), segments.dropFirst(2).allSatisfy({ !$0.isEmpty }) else { return nil }
        let names = Array(segments.dropFirst(3))
        switch (segments.count > 2 ? segments[2] : "", names.count) {
        case ("reload", 0):
            return .reload
        case ("circuits", 1), ("circuits", 2):
            return .circuit(upstream: names[0], endpoint: names.count > 1 ? names[1] : nil, body: request.body)
        case ("limits", 3) where names[2] == "reset":
            return .resetLimit(
                upstream: names[0], limit: names[1], endpoint: request.queryValue("endpoint"), body: request.body)
        default:
            return nil
        }
    }

    private static func decide(
        _ change: AdminChange, _ request: AdminRequest, settings: AdminSettings
    ) -> Decision {
        guard request.method == "POST" else { return .answer(methodNotAllowed(allow: "POST")) }
        guard request.values("Origin").isEmpty else {
            return .answer(AdminResponse(status: 403, text: "a page in a browser may not change anything\n"))
        }
        guard settings.allowChanges else {
            return .answer(
                AdminResponse(
                    status: 403, text: "changes are not allowed; see admin.allow_changes in the configuration\n"))
        }
        return .change(change)
    }

    private static func methodNotAllowed(allow: String) -> AdminResponse {
        AdminResponse(
            status: 405, text: "method not allowed\n", headers: [AdminRequest.Field(name: "Allow", value: allow)])
    }

    private static func refusalOfHost(_ request: AdminRequest, settings: AdminSettings) -> AdminResponse? {
        let authorities = request.authorities
        guard authorities.count <= 1 else {
            return AdminResponse(status: 400, text: "more than one Host\n")
        }
        guard let authority = authorities.first else {
            return request.version == "HTTP/1.0" ? nil : AdminResponse(status: 400, text: "no Host\n")
        }
        guard HostRule.accepts(authority, names: settings.allowHosts) else {
            return AdminResponse(
                status: 421, text: "this Host is not allowed; see admin.allow_hosts in the configuration\n")
        }
        return nil
    }
}
