import NIOCore

/// What has come on a client's connection and was not yet taken.
struct ClientInbox: Sendable, CustomStringConvertible {
    var bytes = ByteBuffer()
    /// How the connection ended; `nil` while it is open.
    var end: String?
    var bytesQueued = 0
    var bytesSent = 0
    var sendFailure: String?
    private var scanner = MessageScanner()
    /// The response that is being read.
    private var response: RawResponse?
    private var interim: [RawResponse] = []

    /// The next whole response; `nil` when more must come.
    mutating func takeResponse(headRequest: Bool) throws -> RawResponse? {
        while let event = try scanner.next(from: &bytes, isEnded: end == "closed") {
            switch event {
            case .head(let head):
                let next = try RawResponse(head)
                scanner.expectBody(
                    MessageScanner.framing(ofResponse: head, status: next.status, toHead: headRequest))
                response = next
            case .body(let part):
                response?.body += Array(part.readableBytesView)
            case .end(let trailers):
                guard var done = response else { continue }
                response = nil
                done.trailers = trailers
                if (100..<200).contains(done.status), done.status != 101 {
                    interim.append(done)
                    continue
                }
                done.interim = interim
                interim = []
                return done
            }
        }
        try throwIfEnded()
        return nil
    }

    /// The next head; `nil` when more must come.
    mutating func takeHead() throws -> RawResponse? {
        guard case .head(let head) = try scanner.next(from: &bytes) else {
            try throwIfEnded()
            return nil
        }
        // The rest is the caller's, so the scanner starts anew.
        scanner = MessageScanner()
        return try RawResponse(head)
    }

    /// Everything that has come.
    mutating func takeAll() -> [UInt8] {
        defer { bytes.clear() }
        return Array(bytes.readableBytesView)
    }

    private func throwIfEnded() throws {
        if end != nil { throw RawClient.Ended(description: "the response did not come whole; \(description)") }
    }

    /// What a person wants to know when a test fails.
    var description: String {
        let state = end.map { "the connection ended (\($0))" } ?? "the connection is open"
        let partial = response.map { "; so far \($0)" } ?? ""
        let rest = String(decoding: bytes.readableBytesView.prefix(1000), as: UTF8.self)
        return "\(state)\(partial); \(bytes.readableBytes) bytes not taken: \"\(rest)\""
    }
}

/// Puts what comes into the inbox.
final class ClientInboxHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let inbox: Observed<ClientInbox>

    init(_ inbox: Observed<ClientInbox>) {
        self.inbox = inbox
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        inbox.change { _ = $0.bytes.writeImmutableBuffer(part) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        inbox.change { $0.end = $0.end ?? "closed" }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        inbox.change { $0.end = $0.end ?? "\(error)" }
        context.close(promise: nil)
    }
}
