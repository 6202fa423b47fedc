import CMicroHTTPD
import Glibc
import Synchronization

// The one file that touches libmicrohttpd. It holds no rule of the admin endpoint.
//
// What libmicrohttpd 0.9.75 needs to be treated with care about:
// - A callback runs on its one thread and must not wait. A connection whose answer takes time is suspended.
// - A suspended connection neither times out nor notices that its client has gone; it must be resumed exactly once,
//   and before the daemon is stopped, or the process is aborted.
// - An answer given in the first of the calls for a request closes the connection, so only refusals of a body are.
// - `MHD_quiesce_daemon` and its own thread may both take the listening socket out of epoll, and the second to do so
//   aborts the process. It is not used: stopping closes the socket too, and by then nothing is suspended any more.

/// A daemon of libmicrohttpd that serves an `AdminService` on a socket bound here.
@safe
final class MicroHTTPServer: Sendable {
    /// As bound, in the form people write it.
    let address: String
    private let socketFile: String?
    private let service: AdminService
    /// `nil` once stopped.
    private let daemon: Mutex<OpaquePointer?>

    /// Bytes of memory a connection has for the heads of its request and response. A longer request head is 431.
    private static let connectionMemory = 16 * 1024

    init(settings: AdminSettings, timeouts: AdminTimeouts, service: AdminService) throws(AdminError) {
        let socket = try ListeningSocket(settings.listen)
        address = socket.address
        socketFile = socket.file
        self.service = service
        // So many may be open above the limits while those that gave way for them are being closed.
        let headroom = max(64, settings.maxConnections)
        let limits = weir_mhd_settings(
            listen_socket: socket.descriptor,
            connection_limit: UInt32(clamping: settings.maxConnections + headroom),
            address_limit: UInt32(clamping: settings.maxConnectionsPerAddress + headroom),
            inactivity_seconds: UInt32(clamping: timeouts.inactivity.components.seconds),
            connection_memory: Self.connectionMemory)
        let callbacks = unsafe weir_mhd_callbacks(
            context: Unmanaged.passUnretained(service).toOpaque(),
            request_line: requestLine, request: request, completed: completed, connection: connection)
        guard let started = unsafe weir_mhd_start(limits, callbacks) else {
            throw .other("libmicrohttpd could not start a thread to serve \(address)")
        }
        unsafe daemon = Mutex(started)
    }

    deinit {
        stop()
    }

    func stop() {
        unsafe daemon.withLock { daemon in
            guard let running = unsafe daemon else { return }
            unsafe daemon = nil
            service.stop()
            unsafe MHD_stop_daemon(running)
            if let socketFile {
                unsafe unlink(socketFile)
            }
        }
    }
}

/// A connection of libmicrohttpd, valid until its service is told that it closed.
@safe
struct MicroHTTPConnection: @unchecked Sendable {
    private let connection: OpaquePointer
    /// Tells it from all others that are open.
    var id: UInt { unsafe UInt(bitPattern: connection) }
    /// Its socket.
    var socket: Int32 { unsafe weir_mhd_socket(connection) }

    /// The bytes of its client's IP address; none on a unix socket.
    var address: [UInt8] {
        var name = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return unsafe withUnsafeMutablePointer(to: &name) { pointer in
            let bytes = UnsafeRawPointer(pointer)
            let asName = unsafe UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: sockaddr.self)
            guard unsafe getpeername(socket, asName, &size) == 0 else { return [] }
            switch unsafe Int32(pointer.pointee.ss_family) {
            case AF_INET:
                return unsafe withUnsafeBytes(of: bytes.load(as: sockaddr_in.self).sin_addr) { unsafe Array($0) }
            case AF_INET6:
                return unsafe withUnsafeBytes(of: bytes.load(as: sockaddr_in6.self).sin6_addr) { unsafe Array($0) }
            default:
                return []
            }
        }
    }

    /// Whether its client has closed, at least its sending side.
    var hasHungUp: Bool {
        var byte: UInt8 = 0
        let count = unsafe recv(socket, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT))
        return count == 0 || count < 0 && errno != EAGAIN && errno != EINTR
    }

    /// Has the kernel take no more of an answer at once than is copied in some microseconds, since the one thread sends
    /// to one client after the other. With less than two of loopback's segments of 64 KiB, each would wait for its
    /// delayed acknowledgement.
    fileprivate func boundSendBuffer() {
        var size: Int32 = 128 * 1024
        unsafe setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }

    fileprivate init(_ connection: OpaquePointer) {
        unsafe self.connection = connection
    }

    /// Takes it out of the daemon's loop. On the daemon's thread, within a call for its request.
    func suspend() {
        unsafe MHD_suspend_connection(connection)
    }

    /// Has the daemon call for its request again. Once after `suspend`, on any thread.
    func resume() {
        unsafe MHD_resume_connection(connection)
    }

    /// Ends the traffic on a connection's socket, upon which the daemon closes it.
    static func shutDown(socket: Int32) {
        shutdown(socket, Int32(SHUT_RDWR))
    }

    fileprivate func queue(_ response: MicroHTTPResponse) -> MHD_Result {
        unsafe response.queue(on: connection)
    }

    /// The header fields of its request.
    fileprivate func headers() -> [AdminRequest.Field] {
        var fields: [AdminRequest.Field] = []
        unsafe withUnsafeMutablePointer(to: &fields) { fields in
            _ = unsafe MHD_get_connection_values(
                connection, .HEADER_KIND,
                { fields, _, name, value in
                    let fields = unsafe fields?.assumingMemoryBound(to: [AdminRequest.Field].self)
                    unsafe fields?.pointee.append(AdminRequest.Field(name: text(name), value: text(value)))
                    return .YES
                }, fields)
        }
        return fields
    }
}

/// A response in libmicrohttpd's memory. Made on any thread; any number of connections may be sent one.
@safe
final class MicroHTTPResponse: @unchecked Sendable {
    private let status: UInt32
    /// `nil` if there was no memory for it.
    private let response: OpaquePointer?

    /// An answer. A long one is sent block by block, to one client after the other, since the one thread that sends
    /// would otherwise hand a socket as much as it takes before the next has its turn.
    convenience init(_ answer: AdminResponse) {
        guard answer.body.count > Self.block else {
            let made = unsafe answer.body.withUnsafeBytes { body in
                unsafe MHD_create_response_from_buffer(
                    body.count, UnsafeMutableRawPointer(mutating: body.baseAddress), .RESPMEM_MUST_COPY)
            }
            unsafe self.init(answer, made)
            return
        }
        let held = unsafe Unmanaged.passRetained(LongBody(answer.body)).toOpaque()
        let made = unsafe MHD_create_response_from_callback(
            UInt64(answer.body.count), Self.block, nextBlock, held, endOfBody)
        if unsafe made == nil {
            unsafe endOfBody(held)
        }
        unsafe self.init(answer, made)
    }

    /// An answer whose body is what a reader is given. For one connection alone.
    convenience init(_ answer: AdminResponse, stream reader: EventStreamReader) {
        let held = unsafe Unmanaged.passRetained(reader).toOpaque()
        let made = unsafe weir_mhd_stream(Self.streamBlock, nextPortion, held, endOfStream)
        if unsafe made == nil {
            unsafe endOfStream(held)
        }
        unsafe self.init(answer, made)
    }

    private init(_ answer: AdminResponse, _ made: OpaquePointer?) {
        status = UInt32(clamping: answer.status)
        unsafe response = made
        guard let made = unsafe made else { return }
        for header in answer.allHeaders {
            _ = unsafe MHD_add_response_header(made, header.name, header.value)
        }
    }

    /// The most bytes of a body that are sent at once, which takes some microseconds.
    private static let block = 32 * 1024
    /// The most bytes of a stream that are sent at once.
    private static let streamBlock = 4096

    deinit {
        if let response = unsafe response {
            unsafe MHD_destroy_response(response)
        }
    }

    /// Has it sent. `NO`, which closes the connection, if it cannot be.
    fileprivate func queue(on connection: OpaquePointer) -> MHD_Result {
        guard let response = unsafe response else { return .NO }
        return unsafe MHD_queue_response(connection, status, response)
    }
}

// MARK: - What the daemon calls

private func service(_ context: UnsafeMutableRawPointer?) -> AdminService? {
    unsafe context.map { unsafe Unmanaged<AdminService>.fromOpaque($0).takeUnretainedValue() }
}

private func text(_ string: UnsafePointer<CChar>?) -> String {
    unsafe string.map { unsafe String(cString: $0) } ?? ""
}

/// The request line has come. What is returned stays with the request until `completed` releases it.
private func requestLine(
    _ context: UnsafeMutableRawPointer?, _ target: UnsafePointer<CChar>?, _ connection: OpaquePointer?
) -> UnsafeMutableRawPointer? {
    unsafe Unmanaged.passRetained(AdminExchange(target: text(target))).toOpaque()
}

/// Called once with the head, then for each piece of the body, then with the request whole, and again when resumed.
private func request(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ url: UnsafePointer<CChar>?,
    _ method: UnsafePointer<CChar>?, _ version: UnsafePointer<CChar>?, _ piece: UnsafePointer<CChar>?,
    _ pieceSize: UnsafeMutablePointer<Int>?, _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let service = unsafe service(context), let connection = unsafe connection,
        let held = unsafe slot?.pointee
    else {
        return .NO
    }
    let handle = unsafe MicroHTTPConnection(connection)
    let exchange = unsafe Unmanaged<AdminExchange>.fromOpaque(held).takeUnretainedValue()
    switch exchange.current {
    case .head(let target):
        let request = unsafe AdminRequest(
            method: text(method), target: target, version: text(version), headers: handle.headers())
        if let refusal = AdminRoutes.refusalOfBody(request) {
            return handle.queue(MicroHTTPResponse(refusal))
        }
        exchange.advance(to: .body(request))
        return .YES
    case .body(var request):
        if let pieceSize = unsafe pieceSize, unsafe pieceSize.pointee > 0 {
            let bytes = unsafe UnsafeRawBufferPointer(start: piece, count: pieceSize.pointee)
            unsafe request.body.append(contentsOf: bytes.prefix(AdminRoutes.maxBody - request.body.count))
            exchange.advance(to: .body(request))
            unsafe pieceSize.pointee = 0
            return .YES
        }
        guard let response = service.received(request, in: exchange, on: handle) else { return .YES }
        return handle.queue(response)
    case .gathering:
        return .YES
    case .answered(let response):
        return handle.queue(response)
    }
}

/// A request has ended, its answer sent or not.
private func completed(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
    _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ reason: MHD_RequestTerminationCode
) {
    if let exchange = unsafe slot?.pointee {
        unsafe Unmanaged<AdminExchange>.fromOpaque(exchange).release()
        unsafe slot?.pointee = nil
    }
    if let connection = unsafe connection {
        unsafe service(context)?.completed(on: MicroHTTPConnection(connection))
    }
}

/// A connection was opened, or is about to be closed.
private func connection(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
    _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ event: MHD_ConnectionNotificationCode
) {
    guard let service = unsafe service(context), let connection = unsafe connection else { return }
    let handle = unsafe MicroHTTPConnection(connection)
    if event == .CONNECTION_NOTIFY_STARTED {
        handle.boundSendBuffer()
        service.opened(handle)
    } else {
        service.closed(handle)
    }
}

/// The body of a long answer.
private final class LongBody: Sendable {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }
}

/// The bytes of a long body at `position` are wanted, `room` at the most.
private func nextBlock(
    _ held: UnsafeMutableRawPointer?, _ position: UInt64, _ out: UnsafeMutablePointer<CChar>?, _ room: Int
) -> Int {
    guard let held = unsafe held, let out = unsafe out else { return weir_mhd_end_of_stream() }
    let body = unsafe Unmanaged<LongBody>.fromOpaque(held).takeUnretainedValue()
    let block = body.bytes.dropFirst(Int(clamping: position)).prefix(room)
    unsafe UnsafeMutableRawBufferPointer(start: out, count: room).copyBytes(from: block)
    return block.isEmpty ? weir_mhd_end_of_stream() : block.count
}

/// A long answer is gone.
private func endOfBody(_ held: UnsafeMutableRawPointer?) {
    if let held = unsafe held {
        unsafe Unmanaged<LongBody>.fromOpaque(held).release()
    }
}

/// A stream's client can take `room` bytes. The stream suspends its connection itself when there are none.
private func nextPortion(
    _ held: UnsafeMutableRawPointer?, _ position: UInt64, _ out: UnsafeMutablePointer<CChar>?, _ room: Int
) -> Int {
    guard let held = unsafe held, let out = unsafe out else { return weir_mhd_end_of_stream() }
    switch unsafe Unmanaged<EventStreamReader>.fromOpaque(held).takeUnretainedValue().next(room: room) {
    case .bytes(let bytes):
        unsafe UnsafeMutableRawBufferPointer(start: out, count: room).copyBytes(from: bytes)
        return bytes.count
    case .later:
        return 0
    case .end:
        return weir_mhd_end_of_stream()
    }
}

/// A stream's response is gone.
private func endOfStream(_ held: UnsafeMutableRawPointer?) {
    if let held = unsafe held {
        unsafe Unmanaged<EventStreamReader>.fromOpaque(held).release()
    }
}
