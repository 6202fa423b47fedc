import NIOCore
import Synchronization

/// One connection of a scripted upstream: records what comes and plays the replies in the order of the requests.
final class ScriptedUpstreamHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let core: UpstreamCore
    private let number: Int
    private var unread = ByteBuffer()
    private var scanner = MessageScanner()
    /// The request that is being read: its index in the record.
    private var current: Int?
    /// Requests whose replies have yet to be played, the first being in play when `isPlaying`.
    private var waiting: [RecordedRequest] = []
    private var isPlaying = false
    private var isEchoing = false
    private var timer: Scheduled<Void>?

    init(core: UpstreamCore) {
        self.core = core
        number = core.record.change { record in
            record.connections.append(.init())
            return record.connections.count - 1
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        core.record.change { [number] record in
            let room = ScriptedUpstream.keptBytes - record.connections[number].bytes.count
            record.connections[number].bytes += part.readableBytesView.prefix(max(0, room))
        }
        guard !isEchoing else {
            return send(part, context: context) {}
        }
        unread.writeImmutableBuffer(part)
        scan(context: context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        core.record.change { [number] in $0.connections[number].isOpen = false }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail("\(error)", context: context)
    }

    private func scan(context: ChannelHandlerContext) {
        do {
            while let event = try scanner.next(from: &unread) {
                switch event {
                case .head(let head): begin(head, context: context)
                case .body(let part): extend(part)
                case .end(let trailers): end(trailers, context: context)
                }
            }
            unread.discardReadBytes()
        } catch {
            fail("\(error)", context: context)
        }
    }

    private func begin(_ head: MessageScanner.Head, context: ChannelHandlerContext) {
        let arrival = NIODeadline.now().uptimeNanoseconds
        let request = core.record.change { [number] record in
            let request = RecordedRequest(
                index: record.requests.count, connection: number,
                indexOnConnection: record.connections[number].requests, head: head, arrival: arrival)
            record.requests.append(request)
            record.connections[number].requests += 1
            return request
        }
        current = request.index
        scanner.expectBody(MessageScanner.framing(ofRequest: head))
        if core.moment == .atHead {
            waiting.append(request)
            playNext(context: context)
        }
    }

    private func extend(_ part: ByteBuffer) {
        guard let current else { return }
        core.record.change { record in
            let room = ScriptedUpstream.keptBytes - record.requests[current].body.count
            record.requests[current].body += part.readableBytesView.prefix(max(0, room))
            record.requests[current].bodyLength += part.readableBytes
        }
    }

    private func end(_ trailers: HeaderLines, context: ChannelHandlerContext) {
        guard let index = current else { return }
        current = nil
        let request = core.record.change { record in
            record.requests[index].trailers = trailers
            record.requests[index].isComplete = true
            return record.requests[index]
        }
        if core.moment == .atEnd {
            waiting.append(request)
            playNext(context: context)
        }
    }

    private func playNext(context: ChannelHandlerContext) {
        guard !isPlaying, !waiting.isEmpty else { return }
        isPlaying = true
        let request = waiting.removeFirst()
        let script = core.script.withLock { $0 }
        play(script(request).steps[...], context: context)
    }

    private func play(_ steps: ArraySlice<ScriptedReply.Step>, context: ChannelHandlerContext) {
        let rest = steps.dropFirst()
        switch steps.first {
        case .send(let bytes):
            send(ByteBuffer(bytes: bytes), context: context) { self.play(rest, context: context) }
        case .pause(let time):
            timer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(time)) {
                self.play(rest, context: context)
            }
        case .hang:
            break
        case .close:
            context.close(promise: nil)
        case .reset:
            context.channel.reset().whenComplete { _ in }
        case .echo:
            isEchoing = true
            let early = unread
            unread.clear()
            if early.readableBytes > 0 {
                send(early, context: context) {}
            }
        case nil:
            isPlaying = false
            playNext(context: context)
        }
    }

    /// Sends and goes on when the kernel has taken it; a connection that breaks ends its play.
    private func send(_ bytes: ByteBuffer, context: ChannelHandlerContext, next: @escaping () -> Void) {
        let count = bytes.readableBytes
        let loop = context.eventLoop.assumeIsolated()
        context.writeAndFlush(wrapOutboundOut(bytes)).assumeIsolated().whenSuccess {
            self.core.record.change { $0.bytesSent += count }
            // In a turn of its own: a long script whose writes succeed at once would otherwise nest without end.
            loop.execute(next)
        }
    }

    private func fail(_ failure: String, context: ChannelHandlerContext) {
        core.record.change { [number] in $0.connections[number].failure = failure }
        context.close(promise: nil)
    }
}
