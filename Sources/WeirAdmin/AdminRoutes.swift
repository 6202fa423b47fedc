/// What the admin endpoint answers to what. Pure: nothing here waits, reads a clock or touches a socket.
package enum AdminRoutes {
    /// The longest request body that is let in; it is thrown away as it comes.
    package static let maxBody: UInt64 = 4096

    /// What must be gathered before a request can be answered.
    package enum Gather: Sendable, Equatable {
        case metrics
        case status(upstream: String?)
    }

    /// How a request is answered.
    package enum Decision: Sendable, Equatable {
        /// With this.
        case answer(AdminResponse)
        /// With what this brings.
        case gather(Gather)
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
        let decision: Decision
        switch request.path {
        case "/metrics":
            decision = .gather(.metrics)
        case "/status":
            decision = .gather(.status(upstream: request.queryValue("upstream")))
        case "/livez":
            decision = .answer(AdminResponse(status: 200, text: "ok"))
        case "/readyz":
            switch readiness {
            case .ready:
                decision = .answer(AdminResponse(status: 200, text: "ok"))
            case .notReady(let reason):
                decision = .answer(AdminResponse(status: 503, text: reason))
            }
        default:
            return .answer(AdminResponse(status: 404, text: "not found\n"))
        }
        guard request.method == "GET" || request.method == "HEAD" else {
            let allow = AdminRequest.Field(name: "Allow", value: "GET, HEAD")
            return .answer(AdminResponse(status: 405, text: "method not allowed\n", headers: [allow]))
        }
        return decision
    }

    /// The answer of metrics in the text format 0.0.4.
    package static func answer(metrics: [UInt8]) -> AdminResponse {
        AdminResponse(
            status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8", headers: [noStore], body: metrics)
    }

    /// The answer of a status, or that there is no such upstream.
    package static func answer(status: [UInt8]?) -> AdminResponse {
        guard let status else {
            return AdminResponse(status: 404, text: "no such upstream\n", headers: [noStore])
        }
        return AdminResponse(status: 200, contentType: "application/json", headers: [noStore], body: status)
    }

    private static let noStore = AdminRequest.Field(name: "Cache-Control", value: "no-store")

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
