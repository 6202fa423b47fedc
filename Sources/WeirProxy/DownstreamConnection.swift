internal import NIOCore
internal import WeirCore
internal import WeirHTTP
internal import WeirRuntime

/// A caller's connection: frames its requests, one call at a time in the order in which they came, and writes the
/// answers.
final class DownstreamConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Closing {
        case not
        /// Nothing more is read; the connection closes once the caller has had time to read the answer.
        case lingering
        case closed
    }

    /// Bytes of a caller that wait for their turn; beyond them the kernel holds the rest.
    private static let mostBuffered = 64 * 1024
    /// The rest of a refused request's body is read and thrown away up to this, rather than the connection closed.
    private static let mostDiscarded = 64 * 1024
    private static let headTimeout = TimeSpan.seconds(10)
    private static let keepAliveTimeout = TimeSpan.seconds(60)
    private static let lingerTimeout = TimeSpan.seconds(2)
    private static let farewell = TimeSpan.seconds(1)

    private let listener: Listener
    private var context: ChannelHandlerContext?
    private var timer: DeadlineTimer?
    private var received = ByteBuffer()
    private var outgoing: OutgoingBytes
    private var parser = RequestHeadParser()
    private var call: Call?
    /// Whether an answer to the current request has a body: not to HEAD.
    private var answersHaveBody = true
    /// Whether the rest of the current request's body is little enough to be read and thrown away. A caller that waits for
    /// permission to send it never will.
    private var canDiscardRest = true
    /// The body of the current request while there is more of it to come.
    private var body: BodyDecoder?
    private var isPersistent = true
    private var discarded = 0
    private var closing = Closing.not
    private var isProcessing = false
    private var isReading = true

    init(listener: Listener) {
        self.listener = listener
        outgoing = OutgoingBytes(listener.memory)
    }

    // MARK: For the listener

    /// Closes now if there is nothing under way, and after the answer otherwise.
    func drain() {
        guard call == nil else { return }
        if hasUnsent { linger() } else { close() }
    }

    /// Closes after the next answer. One on which nothing is under way is given a moment: its caller may be sending, not
    /// knowing that nobody listens for others any more.
    func retire() {
        guard call == nil, body == nil, received.readableBytes == 0, case .not = closing, let context else { return }
        timer?.set(context.eventLoop.instant + Self.farewell)
    }

    // MARK: For the call

    /// The provider can take the body of the call, or more of it.
    func resumeBody() {
        guard !isProcessing, let context else { return }
        process(now: context.eventLoop.instant)
    }

    /// Whether the connection has to close after the answer to this call.
    func mustCloseAfter(requestIsComplete: Bool) -> Bool {
        isLastRequest || !requestIsComplete
    }

    /// Where the record of a call goes when it ends; nil: nowhere.
    var accessSink: AccessSink? { listener.accessSink }

    /// Where the caller is.
    var peer: SocketAddress? { context?.channel.remoteAddress }

    /// Whether more may be written without piling up.
    private(set) var isWritable = true

    /// Writes what `body` puts into a buffer, without sending it; `capacity` is a guess at how many bytes that are.
    func write(capacity: Int = 512, _ body: (inout ByteBuffer) -> Void) {
        outgoing.compose(capacity: capacity, body)
    }

    /// Writes without sending.
    func write(_ bytes: ByteBuffer) {
        if let before = outgoing.add(bytes) { context?.write(wrapOutboundOut(before), promise: nil) }
    }

    /// Sends what has been written.
    func flush() {
        guard outgoing.isPending, let context else { return }
        guard let bytes = outgoing.send(over: context.channel) else { return }
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }

    /// The forwarded response is complete.
    func callEnded(closes: Bool, now: Instant) {
        finishCall(closes: closes || isLastRequest || body != nil, now: now)
    }

    /// Answers the call in Weir's own name.
    func answer(_ answer: Answer, upstream: String?, endpoint: String?) {
        guard let context else { return }
        let closes = isLastRequest || (body != nil && !canDiscardRest)
        write {
            answer.write(into: &$0, upstream: upstream, endpoint: endpoint, withBody: answersHaveBody, close: closes)
        }
        finishCall(closes: closes, now: context.eventLoop.instant)
    }

    /// The provider has switched protocols: whatever the caller sends from here on belongs to the call.
    func tunnel() {
        body = BodyDecoder(.untilClose)
        resumeBody()
    }

    /// The response broke off after its head: the connection closes, so that it never looks complete. Where the end of
    /// the connection is the end of the body it is reset.
    func cutShort(resets: Bool) {
        call = nil
        flush()
        if resets { context?.resetOnClose() }
        close()
        listener.callEnded()
    }

    // MARK: Channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        timer = DeadlineTimer(on: context.eventLoop.assumeIsolated()) { [self] _ in timerFired() }
        timer?.set(context.eventLoop.instant + Self.keepAliveTimeout)
        listener.opened(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        timer?.cancel()
        listener.closed(self)
    }

    func channelActive(context: ChannelHandlerContext) {
        outgoing.open(DirectSocket(context))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .not = closing else { return }
        var bytes = unwrapInboundIn(data)
        received.append(&bytes)
        process(now: context.eventLoop.instant)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        isWritable = context.channel.isWritable
        if let call {
            call.callerIsWritable(isWritable)
        } else if isWritable {
            process(now: context.eventLoop.instant)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        close()
    }

    func channelInactive(context: ChannelHandlerContext) {
        outgoing.close()
        closing = .closed
        guard let call else { return }
        self.call = nil
        call.abandon(.cancelled, now: context.eventLoop.instant)
        listener.callEnded()
    }

    // MARK: Requests

    /// Takes what has been received as far as it may go: bodies to their call, heads to new calls.
    private func process(now: Instant) {
        guard !isProcessing else { return }
        isProcessing = true
        do {
            while case .not = closing, try step(now: now) {}
        } catch {
            refuse(error, now: now)
        }
        isProcessing = false
        call?.requestFlush()
        setReading(received.readableBytes < Self.mostBuffered)
    }

    /// Does one thing; false where there is nothing to do for now.
    private func step(now: Instant) throws(HTTPDefect) -> Bool {
        if body != nil {
            if let call, !call.takesBody { return false }
            return try stepBody(now: now)
        }
        // A caller that does not take the answers it has is given no others to keep.
        guard call == nil, received.readableBytes > 0, isWritable else { return false }
        guard let head = try parser.parse(&received) else {
            timer?.set(now + Self.headTimeout)
            return false
        }
        begin(head, now: now)
        return true
    }

    private func stepBody(now: Instant) throws(HTTPDefect) -> Bool {
        switch try body?.next(&received) {
        case .data(let bytes):
            if let call {
                call.received(requestBody: bytes, now: now)
            } else {
                discarded += bytes.readableBytes
                if discarded > Self.mostDiscarded { close() }
            }
        case .end:
            body = nil
            call?.requestBodyEnded()
        case nil:
            return false
        }
        return true
    }

    private func begin(_ head: RequestHead, now: Instant) {
        timer?.set(nil)
        answersHaveBody = head.method != .head
        canDiscardRest = Self.canDiscardBody(of: head)
        isPersistent = head.isPersistent
        discarded = 0
        body = head.framing.isEmpty ? nil : BodyDecoder(head.framing)
        listener.callBegan()
        switch head.method {
        case .connect, .trace:
            let refusal = Answer(
                status: 405, .methodRefused, .badRequest, detail: "CONNECT and TRACE are not served.")
            return refuse(head, refusal)
        default: break
        }
        guard let upstream = listener.upstream(for: head) else {
            let refusal = Answer(
                status: 404, .noUpstream, .badRequest, detail: "No upstream on this listener serves that authority.")
            return refuse(head, refusal)
        }
        do {
            let call = try Call(head, to: upstream, from: self, now: now)
            self.call = call
            if listener.isDraining { call.refuse(Refusal(.draining)) } else { call.begin(now: now) }
        } catch {
            let endpoint = upstream.endpoint(for: head)
            endpoint.emit(.callEnded(.badRequest))
            let refusal = Answer(error)
            tellAccess(refusal, head: head, upstream: upstream, endpoint: endpoint)
            answer(refusal, upstream: upstream.settings.name, endpoint: endpoint.settings.name)
        }
    }

    /// Refuses a request that was not routed.
    private func refuse(_ head: RequestHead, _ refusal: Answer) {
        listener.emit(.callEnded(refusal.outcome))
        tellAccess(refusal, head: head)
        answer(refusal, upstream: nil, endpoint: nil)
    }

    /// Tells of a request that never became a call.
    private func tellAccess(
        _ refusal: Answer, head: RequestHead?, upstream: Upstream? = nil, endpoint: Endpoint? = nil
    ) {
        guard let accessSink else { return }
        var record = AccessRecord(head, outcome: refusal.outcome, answer: refusal)
        record.upstream = upstream?.settings.name
        record.endpoint = endpoint?.settings.name
        accessSink(record)
    }

    private static func canDiscardBody(of head: RequestHead) -> Bool {
        guard case .counted(let length) = head.framing else { return false }
        return length <= mostDiscarded && !head.fields.contains(.expect)
    }

    /// Refuses bytes that are not a request we understand, and closes: where the next one begins is unknown.
    private func refuse(_ defect: HTTPDefect, now: Instant) {
        isPersistent = false
        let refusal =
            switch defect.kind {
            case .malformed: Answer.badRequest(defect.text)
            case .headTooLarge, .tooManyFields: Answer(status: 431, .tooLarge, .badRequest, detail: defect.text)
            }
        if let call {
            self.call = nil
            let hasAnswered = call.hasAnswered
            call.abandon(.badRequest, answer: hasAnswered ? nil : refusal, now: now)
            listener.callEnded()
            if hasAnswered { return close() }
        } else if body != nil {
            // The refused call's answer is out already.
            return close()
        } else {
            listener.emit(.callEnded(.badRequest))
            tellAccess(refusal, head: nil)
        }
        write { refusal.write(into: &$0, upstream: nil, endpoint: nil, withBody: true, close: true) }
        linger()
    }

    // MARK: Life

    /// Whether the connection ends with the current request, whatever comes of it.
    private var isLastRequest: Bool { !isPersistent || listener.isClosing }

    /// The whole answer has been written: sends it and goes on to the next request, or closes.
    private func finishCall(closes: Bool, now: Instant) {
        call = nil
        if closes { linger() } else { awaitNext(now: now) }
        listener.callEnded()
    }

    private func awaitNext(now: Instant) {
        timer?.set(now + Self.keepAliveTimeout)
        // The next request may begin with this, where the caller could take no more before.
        flush()
        process(now: now)
    }

    private func timerFired() {
        // A caller without a call is owed what it has not taken of an answer, and that for a while only; a head that came in
        // part is not waited for any longer.
        guard call == nil else { return }
        if case .not = closing, hasUnsent { linger() } else { close() }
    }

    /// Whether the caller has yet to take a part of an answer.
    private var hasUnsent: Bool {
        context?.channel.hasUnsent ?? false
    }

    private func setReading(_ on: Bool) {
        guard on != isReading, let context else { return }
        isReading = on
        try? context.channel.syncOptions?.setOption(.autoRead, value: on)
    }

    /// Sends what is written, for which a slow caller is given time, and closes our side; the caller's is read for a while,
    /// since closing with unread bytes would reset the connection and could take the answer with it.
    private func linger() {
        guard case .not = closing, let context else { return }
        closing = .lingering
        received.clear()
        setReading(true)
        timer?.set(context.eventLoop.instant + Self.keepAliveTimeout)
        let sent = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(outgoing.take() ?? ByteBuffer()), promise: sent)
        sent.futureResult.assumeIsolated().whenComplete { [self] _ in
            guard let context = self.context else { return }
            context.close(mode: .output, promise: nil)
            timer?.set(context.eventLoop.instant + Self.lingerTimeout)
        }
    }

    private func close() {
        closing = .closed
        context?.close(promise: nil)
    }
}
