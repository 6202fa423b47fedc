internal import NIOCore
internal import WeirCore
package import WeirRuntime

/// An answer that Weir gives itself: a status, a reason, and the problem document that explains it (RFC 9457).
package struct Answer: Sendable {
    /// Why: the `Weir-Reason` header.
    package enum Reason: String, Sendable {
        case badRequest = "bad_request"
        case noUpstream = "no_upstream"
        case methodRefused = "method_refused"
        case tooLarge = "too_large"
        case rateLimited = "rate_limited"
        case queueFull = "queue_full"
        case frozen
        case upstreamUnreachable = "upstream_unreachable"
        case upstreamInvalid = "upstream_invalid"
        case circuitOpen = "circuit_open"
        case draining
        case upstreamTimeout = "upstream_timeout"
        case unknownPermit = "unknown_permit"
        case notFound = "not_found"
        case originRefused = "origin_refused"
    }

    /// The HTTP status.
    package let status: Int
    let reason: Reason
    let detail: String
    /// How the call is counted.
    let outcome: CallOutcome
    var limit: String?
    /// Present on every 429 and 503.
    var retryAfter: TimeSpan?

    /// The answer to a call that was not admitted.
    init(_ refusal: Refusal) {
        limit = refusal.limit
        retryAfter = refusal.retryAfter
        switch refusal.reason {
        case .rateLimited:
            (status, reason, outcome) = (429, .rateLimited, .rateLimited)
            detail = "The call would not have been admitted before its deadline."
        case .queueFull:
            (status, reason, outcome) = (429, .queueFull, .rateLimited)
            detail = "The line is full."
        case .frozen:
            (status, reason, outcome) = (429, .frozen, .rateLimited)
            detail = "The provider has asked for a stop that lasts beyond the call's deadline."
        case .circuitOpen:
            (status, reason, outcome) = (503, .circuitOpen, .circuitOpen)
            detail = "The provider has been failing; calls are held back while its circuit is open."
        case .draining:
            (status, reason, outcome) = (503, .draining, .draining)
            detail = "Weir is shutting down."
        }
    }

    /// The answer to a call that could not be carried out.
    package init(status: Int, _ reason: Reason, _ outcome: CallOutcome, detail: String) {
        self.status = status
        self.reason = reason
        self.outcome = outcome
        self.detail = detail
    }

    /// The answer to what the caller sent.
    package static func badRequest(_ detail: String) -> Answer {
        Answer(status: 400, .badRequest, .badRequest, detail: detail)
    }

    /// The answer to a call that asks for what cannot be had.
    init(_ defect: Malformed) {
        self.init(status: 400, .badRequest, .badRequest, detail: defect.detail)
        limit = defect.limit
    }

    /// The provider would not accept the call any more.
    static var expired: Answer {
        var answer = Answer(
            status: 429, .rateLimited, .rateLimited, detail: "The call was signed too long ago to be worth sending.")
        answer.retryAfter = .zero
        return answer
    }

    /// As many permits are outstanding as are kept.
    static var tooManyPermits: Answer {
        var answer = Answer(
            status: 429, .queueFull, .rateLimited, detail: "Too many permits have been given and not reported.")
        answer.retryAfter = .zero
        return answer
    }

    /// The provider's connection could not be made, or broke before an answer.
    static let unreachable = Answer(
        status: 502, .upstreamUnreachable, .networkError, detail: "The provider could not be reached.")
    /// The provider's answer was not HTTP.
    static let invalid = Answer(
        status: 502, .upstreamInvalid, .networkError, detail: "The provider's answer was malformed.")

    /// A timeout once an attempt was under way.
    static func timedOut(_ detail: String) -> Answer {
        Answer(status: 504, .upstreamTimeout, .timeout, detail: detail)
    }

    /// The header fields, but for those of framing and of the connection. `endpoint` is a configured name, or nil where the
    /// call was not routed.
    package func fields(endpoint: String?) -> [(name: String, value: String)] {
        var fields = [("Content-Type", "application/problem+json"), ("Weir-Reason", reason.rawValue)]
        if let limit { fields.append(("Weir-Limit", limit)) }
        if let endpoint { fields.append(("Weir-Endpoint", endpoint)) }
        if let milliseconds = retryAfter?.milliseconds {
            fields.append(("Retry-After", "\(max(1, (milliseconds + 999) / 1000))"))
        }
        return fields
    }

    /// The body: RFC 9457. The names are configured ones, or nil where the call was not routed.
    package func body(upstream: String?, endpoint: String?) -> String {
        var body = #"{"type":"about:blank","title":"\#(title)","status":\#(status),"detail":\#(Self.json(detail))"#
        body += #","reason":"\#(reason.rawValue)","upstream":\#(Self.json(upstream))"#
        body += #","endpoint":\#(Self.json(endpoint)),"limit":\#(Self.json(limit))"#
        body += #","retry_after_ms":\#(retryAfter.map { "\($0.milliseconds)" } ?? "null")}"#
        return body + "\n"
    }

    /// Writes the answer to a call. `upstream` and `endpoint` as above.
    func write(
        into buffer: inout ByteBuffer, upstream: String?, endpoint: String?, withBody: Bool, close: Bool
    ) {
        let body = body(upstream: upstream, endpoint: endpoint)
        buffer.writeString("HTTP/1.1 \(status) \(title)\r\n")
        for (name, value) in fields(endpoint: endpoint) { buffer.writeString("\(name): \(value)\r\n") }
        buffer.writeString("Content-Length: \(body.utf8.count)\r\n")
        if status == 405 { buffer.writeString("Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n") }
        if close { buffer.writeString("Connection: close\r\n") }
        buffer.writeString("\r\n")
        if withBody { buffer.writeString(body) }
    }

    /// Names are `[a-z0-9_-]` by configuration, and details our own printable words: only quotes need escaping.
    private static func json(_ text: String?) -> String {
        guard let text else { return "null" }
        var quoted = "\""
        for character in text {
            if character == "\"" || character == "\\" { quoted.append("\\") }
            quoted.append(character)
        }
        return quoted + "\""
    }

    private var title: String {
        switch status {
        case 400: "Bad Request"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 413: "Content Too Large"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        default: "Gateway Timeout"
        }
    }
}
