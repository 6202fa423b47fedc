import Foundation
import NIOCore
import NIOHTTP1

/// One connection of the exchange: asks the books at the head of a request and answers after its end.
///
/// NIO's pipelining handler in front of it delivers one request at a time.
final class ExchangeHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let answer: @Sendable (_ method: String, _ target: String, _ wall: Int64) -> ExchangeAnswer
    private var pending: Reply?
    private var timer: Scheduled<Void>?

    private struct Reply {
        let head: HTTPRequestHead
        let answer: ExchangeAnswer
    }

    init(answer: @escaping @Sendable (_ method: String, _ target: String, _ wall: Int64) -> ExchangeAnswer) {
        self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            let wall = Int64(Date().timeIntervalSince1970 * 1000)
            pending = Reply(head: head, answer: answer(head.method.rawValue, head.uri, wall))
        case .body:
            break  // Bodies are let go as they come: nothing here depends on them.
        case .end:
            guard let reply = pending else { return }
            pending = nil
            timer = context.eventLoop.assumeIsolated().scheduleTask(in: reply.answer.delay) {
                self.send(reply, context: context)
            }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func send(_ reply: Reply, context: ChannelHandlerContext) {
        var headers = HTTPHeaders()
        for field in reply.answer.fields {
            headers.add(name: field.name, value: field.value)
        }
        headers.add(name: "Content-Type", value: "application/json")
        headers.add(name: "Content-Length", value: "\(reply.answer.body.utf8.count)")
        if !reply.head.isKeepAlive {
            headers.add(name: "Connection", value: "close")
        }
        let head = HTTPResponseHead(
            version: .http1_1, status: .init(statusCode: reply.answer.status), headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if reply.head.method != .HEAD {
            let body = context.channel.allocator.buffer(string: reply.answer.body)
            context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        }
        let sent = context.writeAndFlush(wrapOutboundOut(.end(nil)))
        if !reply.head.isKeepAlive {
            sent.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
        }
    }
}
