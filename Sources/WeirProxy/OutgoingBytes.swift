internal import NIOCore

/// What is about to be sent over a connection. Small pieces, such as a head and a short body, are joined: to the system
/// each piece costs more than its copy costs us.
///
/// What it has it gives to the socket itself, unless the channel has bytes which go before: then those are the channel's as
/// well. It gives the channel nothing itself, which may call back into the connection.
struct OutgoingBytes {
    /// Pieces of at most so many bytes are joined.
    private static let mostCopied = 2048

    private let memory: MessageMemory
    /// What goes before `joined`, and was not to be joined with it; nil unless both are the socket's.
    private var first: ByteBuffer?
    private var joined: ByteBuffer?
    /// Whether `joined` is memory of our own, rather than bytes that are passed on.
    private var isOwn = false
    /// Whether there is something that has not been sent.
    private(set) var isPending = false
    /// Where bytes go; nil: to the channel, which has TLS above the socket, or is not active.
    private var socket: DirectSocket?
    /// Whether the channel may have bytes that are to go first.
    private var isBehindChannel = false

    /// Nothing to send. What is composed uses `memory`.
    init(_ memory: MessageMemory) {
        self.memory = memory
    }

    /// The channel is active: bytes may go straight to `socket`.
    mutating func open(_ socket: DirectSocket?) {
        self.socket = socket
    }

    /// The channel is not active any more.
    mutating func close() {
        socket = nil
    }

    /// Adds what `body` writes, of which `capacity` is a guess in bytes.
    mutating func compose(capacity: Int, _ body: (inout ByteBuffer) -> Void) {
        isPending = true
        var buffer: ByteBuffer
        if let before = joined.take() {
            buffer = before
        } else {
            buffer = memory.take(capacity: capacity)
            isOwn = true
        }
        body(&buffer)
        joined = buffer
    }

    /// Adds bytes. Returns what the channel has to be given before them.
    mutating func add(_ bytes: ByteBuffer) -> ByteBuffer? {
        isPending = true
        guard var before = joined.take() else {
            joined = bytes
            isOwn = false
            return nil
        }
        guard max(before.readableBytes, bytes.readableBytes) > Self.mostCopied else {
            before.writeImmutableBuffer(bytes)
            joined = before
            return nil
        }
        if isOwn { memory.give(before) }
        joined = bytes
        isOwn = false
        guard first == nil, socket != nil, !isBehindChannel else { return unsent(first.take(), before) }
        first = before
        return nil
    }

    /// Sends what there is, as far as the system takes it at once. Returns what `channel` has to be given and told to send.
    mutating func send(over channel: @autoclosure () -> any Channel) -> ByteBuffer? {
        isPending = false
        guard let last = joined.take() else { return nil }
        if isOwn { memory.give(last) }
        if isBehindChannel, socket != nil { isBehindChannel = channel().hasUnsent }
        return unsent(first.take(), last)
    }

    /// Takes out what the channel has to be given before it is told to send.
    mutating func take() -> ByteBuffer? {
        isPending = false
        guard let last = joined.take() else { return nil }
        if isOwn { memory.give(last) }
        return Self.joined(first.take(), last)
    }

    /// Sends two pieces in a row, of which there may be one only. Returns what the system does not take.
    private mutating func unsent(_ before: ByteBuffer?, _ last: ByteBuffer) -> ByteBuffer? {
        var (before, last) = (before, last)
        guard let socket, !isBehindChannel, socket.transmit(&before, &last) else {
            isBehindChannel = true
            return Self.joined(before, last)
        }
        return nil
    }

    private static func joined(_ before: ByteBuffer?, _ last: ByteBuffer) -> ByteBuffer {
        guard var both = before else { return last }
        both.writeImmutableBuffer(last)
        return both
    }
}

extension Channel {
    /// Whether it was given bytes that it has not sent.
    var hasUnsent: Bool {
        let count = try? syncOptions?.getOption(.bufferedWritableBytes)
        return count ?? 0 > 0
    }
}
