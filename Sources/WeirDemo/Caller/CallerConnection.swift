import NIOCore
import NIOHTTP1
import NIOPosix

/// One keep-alive connection to the proxy, with one call at a time.
struct CallerConnection: Sendable {
    typealias Wire = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

    private let wire: Wire
    private let authority: String

    /// Connects within 2 s, or throws.
    static func connect(host: String, port: Int, on group: any EventLoopGroup) async throws -> CallerConnection {
        let wire = try await ClientBootstrap(group: group)
            .connectTimeout(.seconds(2))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connect(host: host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    return try Wire(wrappingChannelSynchronously: channel)
                }
            }
        return CallerConnection(wire: wire, authority: "\(host):\(port)")
    }

    /// Calls until the other side closes, and gives back where mix and pacer stand then.
    ///
    /// - Throws: What broke the connection, or `CancellationError`.
    func callUntilClosed(mix: CallMix, pacer: CallPacer) async throws -> (CallMix, CallPacer) {
        try await wire.executeThenClose { inbound, outbound in
            var mix = mix
            var pacer = pacer
            var parts = inbound.makeAsyncIterator()
            while true {
                try await send(mix.next(), to: outbound)
                guard let answer = try await nextAnswer(from: &parts), answer.isKeepAlive else { break }
                let pause = pacer.untilNextCall(after: answer.status, at: .now())
                try await Task.sleep(for: .nanoseconds(pause.nanoseconds))
            }
            try Task.checkCancellation()
            return (mix, pacer)
        }
    }

    private func send(
        _ endpoint: ExchangeEndpoint, to outbound: NIOAsyncChannelOutboundWriter<HTTPClientRequestPart>
    ) async throws {
        var headers = HTTPHeaders([("Host", authority), ("User-Agent", "weir-demo"), ("Accept", "application/json")])
        if endpoint.method == "POST" {
            let body = ByteBuffer(string: #"{"category":"spot","symbol":"BTCUSDT"}"#)
            headers.add(name: "Content-Type", value: "application/json")
            headers.add(name: "Content-Length", value: "\(body.readableBytes)")
            let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: endpoint.path, headers: headers)
            try await outbound.write(contentsOf: [.head(head), .body(.byteBuffer(body)), .end(nil)])
        } else {
            let head = HTTPRequestHead(
                version: .http1_1, method: .GET, uri: "\(endpoint.path)?symbol=BTCUSDT", headers: headers)
            try await outbound.write(contentsOf: [.head(head), .end(nil)])
        }
    }

    private struct Answer {
        let status: Int
        let isKeepAlive: Bool
    }

    /// The next answer, read to its end; `nil` when the connection closed instead.
    private func nextAnswer(
        from parts: inout NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator
    ) async throws -> Answer? {
        var answer: Answer?
        while let part = try await parts.next() {
            switch part {
            case .head(let head):
                answer = Answer(status: Int(head.status.code), isKeepAlive: head.isKeepAlive)
            case .body:
                break
            case .end:
                return answer
            }
        }
        return nil
    }
}
