internal import NIOCore
internal import NIOHTTP1
internal import WeirProxy
internal import WeirRuntime

/// A connection to the acquire/report API. The pipeline before it hands on one request at a time.
final class PermitConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum Phase {
        case idle
        /// `refusal`: what is wrong with the head.
        case receiving(HTTPRequestHead, body: [UInt8], refusal: Answer?)
        /// In line for a permit, or on the way to its upstream.
        case waiting(HTTPRequestHead)
        case closed
    }

    private static let mostBody = 64 * 1024
    /// For a request to be complete once its head is, and for the next one to begin.
    private static let receiveTimeout = TimeAmount.seconds(10)
    private static let idleTimeout = TimeAmount.seconds(60)

    private let state: PermitServerState
    private var context: ChannelHandlerContext?
    private var phase = Phase.idle
    private var timeout: Scheduled<Void>?
    private var withdraw: (@Sendable () -> Void)?

    init(_ state: PermitServerState) {
        self.state = state
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if !state.opened() { context.close(promise: nil) }
        setTimeout(Self.idleTimeout)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        timeout?.cancel()
        state.closed()
    }

    func channelInactive(context: ChannelHandlerContext) {
        phase = .closed
        withdraw?()
        withdraw = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (unwrapInboundIn(data), phase) {
        case (.head(let head), .idle):
            phase = .receiving(head, body: [], refusal: Self.refusal(of: head))
            setTimeout(Self.receiveTimeout)
        case (.body(let bytes), .receiving(let head, var body, let refusal)):
            phase = .idle
            body.append(contentsOf: bytes.readableBytesView.prefix(Self.mostBody + 1 - body.count))
            let isTooLarge = body.count > Self.mostBody
            phase = .receiving(head, body: body, refusal: isTooLarge ? .tooLarge : refusal)
        case (.end, .receiving(let head, let body, let refusal)):
            timeout?.cancel()
            phase = .waiting(head)
            if let refusal { answer(refusal) } else { serve(head, body) }
        default:
            break
        }
    }

    private static func refusal(of head: HTTPRequestHead) -> Answer? {
        // A page in a browser has no business here, whatever address it got hold of.
        if head.headers.contains(name: "Origin") { return .originRefused }
        guard ["/v1/acquire", "/v1/report"].contains(head.uri) else { return .notFound }
        return head.method == .POST ? nil : .methodRefused
    }

    private func serve(_ head: HTTPRequestHead, _ body: [UInt8]) {
        do {
            if head.uri == "/v1/acquire" {
                acquire(try AcquireMessage(body))
            } else {
                report(try ReportMessage(body))
            }
        } catch {
            answer(.badRequest(error.detail))
        }
    }

    // MARK: Acquire

    private func acquire(_ message: AcquireMessage) {
        guard let context else { return }
        guard let placed = state.finder.upstream(named: message.upstream) else { return answer(.noUpstream) }
        let own = NIOLoopBound(self, eventLoop: context.eventLoop)
        let ownLoop = context.eventLoop
        let request = NIOLoopBoundBox.makeEmptyBox(valueType: PermitRequest.self, eventLoop: placed.loop)
        withdraw = {
            placed.loop.execute { if let request = request.value { placed.find()?.withdraw(request) } }
        }
        placed.loop.execute {
            guard let upstream = placed.find() else {
                return ownLoop.execute { own.value.answer(.noUpstream) }
            }
            request.value = upstream.acquire(message.wish) { result in
                ownLoop.execute { own.value.acquired(result, message) }
            }
        }
    }

    private func acquired(_ result: Result<PermitGrant, PermitRefusal>, _ message: AcquireMessage) {
        withdraw = nil
        switch result {
        case .success(let grant):
            // A permit that nobody got is given back as one that led to nothing.
            guard case .waiting = phase else { return giveBack(grant, of: message.upstream) }
            respond(.ok, [("Content-Type", "application/json")], grant.json)
        case .failure(let refusal):
            answer(refusal.answer, upstream: message.upstream, endpoint: refusal.endpoint)
        }
    }

    private func giveBack(_ grant: PermitGrant, of upstream: String) {
        guard let placed = state.finder.upstream(named: upstream) else { return }
        placed.loop.execute {
            _ = placed.find()?.report(grant.permit, PermitReport(.ignored, status: nil, headers: [:]))
        }
    }

    // MARK: Report

    private func report(_ message: ReportMessage) {
        // A permit begins with the name of its upstream, which has no dot.
        let name = message.permit.prefix { $0 != "." }
        guard let context else { return }
        guard let placed = state.finder.upstream(named: String(name)) else { return answer(.unknownPermit) }
        let own = NIOLoopBound(self, eventLoop: context.eventLoop)
        let ownLoop = context.eventLoop
        placed.loop.execute {
            let isKnown = placed.find()?.report(message.permit, message.report) ?? false
            ownLoop.execute { own.value.reported(isKnown) }
        }
    }

    private func reported(_ isKnown: Bool) {
        if isKnown { respond(.noContent, [], "") } else { answer(.unknownPermit) }
    }

    // MARK: Answers

    private func answer(_ answer: Answer, upstream: String? = nil, endpoint: String? = nil) {
        var fields = answer.fields(endpoint: endpoint)
        if answer.status == 405 { fields.append(("Allow", "POST")) }
        respond(
            HTTPResponseStatus(statusCode: answer.status), fields,
            answer.body(upstream: upstream, endpoint: endpoint))
    }

    private func respond(_ status: HTTPResponseStatus, _ fields: [(name: String, value: String)], _ body: String) {
        guard case .waiting(let request) = phase, let context else { return }
        phase = .idle
        let closes = !request.isKeepAlive || state.isDraining
        var head = HTTPResponseHead(version: request.version, status: status)
        for (name, value) in fields { head.headers.add(name: name, value: value) }
        if status != .noContent { head.headers.add(name: "Content-Length", value: "\(body.utf8.count)") }
        if closes { head.headers.add(name: "Connection", value: "close") }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if !body.isEmpty {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: body)))), promise: nil)
        }
        let sent = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: sent)
        if closes {
            sent.futureResult.assumeIsolated().whenComplete { [self] _ in self.context?.close(promise: nil) }
        } else {
            setTimeout(Self.idleTimeout)
        }
    }

    private func setTimeout(_ time: TimeAmount) {
        timeout?.cancel()
        timeout = context?.eventLoop.assumeIsolated().scheduleTask(in: time) { [self] in
            if case .waiting = phase { return }
            context?.close(promise: nil)
        }
    }
}

extension Answer {
    fileprivate static let tooLarge = Answer(
        status: 413, .tooLarge, .badRequest, detail: "The body is larger than 64 KiB.")
    fileprivate static let noUpstream = Answer(
        status: 404, .noUpstream, .badRequest, detail: "There is no upstream of that name.")
    fileprivate static let notFound = Answer(
        status: 404, .notFound, .badRequest, detail: "There are /v1/acquire and /v1/report here.")
    fileprivate static let methodRefused = Answer(
        status: 405, .methodRefused, .badRequest, detail: "Only POST is served.")
    fileprivate static let originRefused = Answer(
        status: 403, .originRefused, .badRequest, detail: "Requests of web pages are not served.")
    fileprivate static let unknownPermit = Answer(
        status: 404, .unknownPermit, .badRequest, detail: "The permit is unknown, reported already, or has expired.")
}
