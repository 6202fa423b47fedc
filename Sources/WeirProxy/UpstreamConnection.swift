internal import NIOCore
internal import NIOSSL
internal import NIOTLS
internal import WeirCore
internal import WeirHTTP
internal import WeirRuntime

/// A connection to the provider. It carries one exchange at a time for one call, and tells the pool when it is free.
///
/// A call may leave before its response is complete: what is left of it is then read and thrown away, if it is little.
final class UpstreamConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Phase {
        case connecting(ConnectAttempt)
        case idle(UpstreamPool)
        case busy(UpstreamPool, Call)
        /// The rest of a response that nobody waits for.
        case discarding(UpstreamPool)
        case closed
    }

    /// No more of a response is thrown away; a new connection is cheaper then.
    private static let mostDiscarded = 64 * 1024
    private static let discardTimeout = TimeSpan.seconds(1)

    private var phase: Phase
    private let waitsForTLS: Bool
    /// The name that the provider's certificate has to vouch for; nil where NIOSSL checks its address, or without TLS.
    private let peerName: String?
    private var context: ChannelHandlerContext?
    private var timer: DeadlineTimer?
    private var received = ByteBuffer()
    private var outgoing: OutgoingBytes
    private var parser = ResponseHeadParser()
    private var body: BodyDecoder?
    private var method = HTTPMethod.get
    private var isReusable = true
    private var requestIsSent = false
    private var isReading = true
    private var discarded = 0
    /// Whether it has not served yet.
    private(set) var isFresh = true
    private var wasFresh = true
    private var hasAnswered = false

    init(attempt: ConnectAttempt, waitsForTLS: Bool, peerName: String?, memory: MessageMemory) {
        phase = .connecting(attempt)
        outgoing = OutgoingBytes(memory)
        self.waitsForTLS = waitsForTLS
        self.peerName = peerName
    }

    // MARK: For the pool

    /// Waits for the next call, `timeout` at the most.
    func becomeIdle(for timeout: TimeSpan, now: Instant) {
        timer?.set(now + timeout)
    }

    /// Closes the connection. Whoever uses it is told nothing more.
    func close() {
        phase = .closed
        timer?.cancel()
        context?.close(promise: nil)
    }

    // MARK: For the call

    /// Starts an exchange: `call` gets what comes back.
    func begin(_ call: Call, method: HTTPMethod) {
        guard case .idle(let pool) = phase else { return }
        phase = .busy(pool, call)
        self.method = method
        body = nil
        isReusable = true
        requestIsSent = false
        wasFresh = isFresh
        isFresh = false
        hasAnswered = false
    }

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

    /// Whether more may be written without piling up.
    var isWritable: Bool {
        context?.channel.isWritable ?? false
    }

    /// The whole request has been written.
    func requestEnded() {
        requestIsSent = true
    }

    /// When the call wants to be woken; nil: not at all.
    func wake(_ moment: Instant?) {
        timer?.set(moment)
    }

    /// Reads on, or lets the bytes wait in the kernel while the caller is slow. Once the response is complete it always
    /// reads: writing the end of it may be what is too much for the caller, and by then the next call may have come.
    func setReading(_ on: Bool) {
        guard on != isReading, on || isBusy, let context else { return }
        isReading = on
        try? context.channel.syncOptions?.setOption(.autoRead, value: on)
    }

    /// The call has left its attempt. Before the response head, or with the request half sent, the connection cannot be
    /// used again.
    func discard() {
        guard case .busy(let pool, _) = phase, let context else { return }
        guard requestIsSent, isReusable, body != nil else { return abandon() }
        phase = .discarding(pool)
        discarded = 0
        setReading(true)
        timer?.set(context.eventLoop.instant + Self.discardTimeout)
    }

    /// Ends the exchange for the call's own reasons; the connection cannot be used again.
    func abandon() {
        guard case .busy(let pool, _) = phase else { return }
        leave(pool)
    }

    // MARK: Channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        timer = DeadlineTimer(on: context.eventLoop.assumeIsolated()) { [self] in timerFired($0) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        timer?.cancel()
    }

    func channelActive(context: ChannelHandlerContext) {
        if case .connecting(let attempt) = phase { attempt.began(self) }
        guard !waitsForTLS else { return }
        outgoing.open(DirectSocket(context))
        becameReady(now: context.eventLoop.instant)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if waitsForTLS, case .some(.handshakeCompleted) = event as? TLSUserEvent {
            let now = context.eventLoop.instant
            if isPeerVouched(context) { becameReady(now: now) } else { lost(now: now) }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        switch phase {
        case .busy, .discarding: break
        case .idle(let pool):
            // Bytes that nobody asked for: the two sides no longer agree where a response begins.
            pool.lostIdle(self)
            return close()
        case .connecting, .closed:
            return close()
        }
        received.append(&bytes)
        hasAnswered = true
        let now = context.eventLoop.instant
        do {
            try deliver(now: now)
        } catch {
            fail(.network, isInvalid: true, now: now)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if case .busy(_, let call) = phase { call.responseFlush() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, case .busy(_, let call) = phase { call.upstreamIsWritable() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        lost(now: context.eventLoop.instant)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        outgoing.close()
        let now = context.eventLoop.instant
        if case .busy = phase, let body, body.finishAtEOF() {
            isReusable = false
            finish(now: now)
        } else {
            lost(now: now)
        }
    }

    // MARK: Within

    private var isBusy: Bool {
        if case .busy = phase { true } else { false }
    }

    private func isPeerVouched(_ context: ChannelHandlerContext) -> Bool {
        guard let peerName else { return true }
        let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate()
        return certificate.map { PeerName.isVouched(peerName, by: $0) } ?? false
    }

    private func becameReady(now: Instant) {
        guard case .connecting(let attempt) = phase else { return }
        guard let pool = attempt.succeed() else { return close() }
        phase = .idle(pool)
        pool.connected(self, now: now)
    }

    private func deliver(now: Instant) throws(HTTPDefect) {
        while true {
            switch phase {
            case .busy(_, let call):
                if body == nil {
                    guard let head = try parser.parse(&received, answering: method) else { return }
                    try begin(head, for: call, now: now)
                    continue
                }
                switch try body?.next(&received) {
                case .data(let bytes): call.received(body: bytes, now: now)
                case .end: return finish(now: now)
                case nil: return
                }
            case .discarding(let pool):
                switch try body?.next(&received) {
                case .data(let bytes):
                    discarded += bytes.readableBytes
                    if discarded > Self.mostDiscarded { leave(pool) }
                case .end: return finish(now: now)
                case nil: return
                }
            case .connecting, .idle, .closed: return
            }
        }
    }

    private func begin(_ head: ResponseHead, for call: Call, now: Instant) throws(HTTPDefect) {
        if head.status == 101 {
            guard call.offersUpgrade, head.upgradesToWebSocket else {
                throw HTTPDefect(kind: .malformed, text: "a switch of protocols that nobody asked for")
            }
            isReusable = false
            body = BodyDecoder(.untilClose)
            call.upgraded(head, now: now)
        } else if head.isInformational {
            call.received(informational: head)
        } else {
            isReusable = head.isPersistent
            body = BodyDecoder(head.framing)
            call.received(head, now: now)
        }
    }

    /// The response is complete: frees the connection first, so that a caller's next request finds it.
    private func finish(now: Instant) {
        let pool: UpstreamPool
        let call: Call?
        switch phase {
        case .busy(let itsPool, let itsCall): (pool, call) = (itsPool, itsCall)
        case .discarding(let itsPool): (pool, call) = (itsPool, nil)
        case .connecting, .idle, .closed: return
        }
        body = nil
        setReading(true)
        if isReusable, requestIsSent, received.readableBytes == 0 {
            phase = .idle(pool)
            pool.putBack(self, now: now)
            call?.responseEnded(now: now)
            pool.whenReady()
        } else {
            close()
            call?.responseEnded(now: now)
            pool.lostActive()
        }
    }

    /// Closes the connection while its pool counts it as active.
    private func leave(_ pool: UpstreamPool) {
        close()
        pool.lostActive()
    }

    /// The connection is gone, or as good as gone: whoever counted on it is told.
    private func lost(now: Instant) {
        switch phase {
        case .connecting(let attempt):
            close()
            attempt.fail(waitsForTLS ? .tls : .connect)
        case .idle(let pool):
            pool.lostIdle(self)
            close()
        case .busy:
            fail(.network, isInvalid: false, now: now)
        case .discarding(let pool):
            leave(pool)
        case .closed:
            break
        }
    }

    private func fail(_ code: FailureCode, isInvalid: Bool, now: Instant) {
        switch phase {
        case .busy(let pool, let call):
            close()
            call.upstreamFailed(code, isInvalid: isInvalid, beforeFirstByte: !wasFresh && !hasAnswered, now: now)
            pool.lostActive()
        case .discarding(let pool):
            leave(pool)
        case .connecting, .idle, .closed:
            close()
        }
    }

    private func timerFired(_ now: Instant) {
        switch phase {
        case .busy(_, let call):
            call.timerFired(now)
        case .idle(let pool):
            pool.lostIdle(self)
            close()
        case .discarding(let pool):
            leave(pool)
        case .connecting, .closed:
            break
        }
    }
}
