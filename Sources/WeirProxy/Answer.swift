internal import NIOCore
internal import WeirCore
internal import WeirRuntime

/// An answer that Weir gives itself: a status, a reason, and the problem document that explains it (RFC 9457).
struct Answer {
    /// Why: the `Weir-Reason` header.
    enum Reason: String {
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
    }

    let status: Int
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
    init(status: Int, _ reason: Reason, _ outcome: CallOutcome, detail: String) {
        self.status = status
        self.reason = reason
        self.outcome = outcome
        self.detail = detail
    }

    /// The answer to what the caller sent.
    static func badRequest(_ detail: String) -> Answer {
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

    /// Writes the answer. `upstream` and `endpoint` are configured names, or nil where the call was not routed.
    func write(
        into buffer: inout ByteBuffer, upstream: String?, endpoint: String?, withBody: Bool, close: Bool
    ) {
        let title = Self.title(status)
        let milliseconds = retryAfter?.milliseconds
        var body = #"{"type":"about:blank","title":"\#(title)","status":\#(status),"detail":\#(Self.json(detail))"#
        body += #","reason":"\#(reason.rawValue)","upstream":\#(Self.json(upstream))"#
        body += #","endpoint":\#(Self.json(endpoint))"#
        body += #","limit":\#(Self.json(limit)),"retry_after_ms":\#(milliseconds.map(String.init) ?? "null")}"#
        body += "\n"

        buffer.writeString("HTTP/1.1 \(status) \(title)\r\n")
        buffer.writeString("Content-Type: application/problem+json\r\nContent-Length: \(body.utf8.count)\r\n")
        buffer.writeString("Weir-Reason: \(reason.rawValue)\r\n")
        if let limit { buffer.writeString("Weir-Limit: \(limit)\r\n") }
        if let endpoint { buffer.writeString("Weir-Endpoint: \(endpoint)\r\n") }
        if let milliseconds { buffer.writeString("Retry-After: \(max(1, (milliseconds + 999) / 1000))\r\n") }
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

    private static func title(_ status: Int) -> String {
        switch status {
        case 400: "Bad Request"
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
