/// What the answers look like once their contents are there. Pure.
extension AdminResponse {
    /// Metrics, deflated or not.
    static func metrics(_ body: [UInt8], _ query: MetricsQuery, gzipped: Bool) -> AdminResponse {
        var headers = [AdminRequest.Field(name: "Vary", value: "Accept, Accept-Encoding")]
        if gzipped {
            headers.append(AdminRequest.Field(name: "Content-Encoding", value: "gzip"))
        }
        return AdminResponse(status: 200, contentType: query.contentType, headers: headers, body: body)
    }

    /// A status, or that there is no such upstream.
    static func status(_ body: [UInt8]?) -> AdminResponse {
        guard let body else { return AdminResponse(status: 404, text: "no such upstream\n") }
        return AdminResponse(status: 200, contentType: "application/json", body: body)
    }

    /// The health.
    static func health(_ body: [UInt8]) -> AdminResponse {
        AdminResponse(status: 200, contentType: "application/health+json", body: body)
    }

    /// The configuration.
    static func configuration(_ body: [UInt8]) -> AdminResponse {
        AdminResponse(status: 200, contentType: "application/yaml", body: body)
    }

    /// The status page.
    static func page(_ page: AdminPage) -> AdminResponse {
        let policy = AdminRequest.Field(name: "Content-Security-Policy", value: page.contentSecurityPolicy)
        return AdminResponse(status: 200, contentType: "text/html; charset=utf-8", headers: [policy], body: page.html)
    }

    /// The head of the event stream.
    static let events = AdminResponse(status: 200, contentType: "text/event-stream", body: [])

    /// What became of a change.
    static func changed(_ answer: ChangeAnswer) -> AdminResponse {
        switch answer {
        case .accepted:
            return AdminResponse(status: 202, text: "accepted\n")
        case .done:
            return AdminResponse(status: 204, text: "")
        case .notFound(let what):
            return AdminResponse(status: 404, text: what + "\n")
        case .invalid(let problems):
            var body = Array("{\"problems\":".utf8)
            body.append(json: problems)
            body.append(contentsOf: "}\n".utf8)
            return AdminResponse(status: 422, contentType: "application/json", body: body)
        }
    }
}
