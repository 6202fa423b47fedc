import CMicroHTTPD
import Glibc
import Synchronization

// The one file that touches C: libmicrohttpd and sockets. It holds no rule of the admin endpoint.
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
        let limits = weir_mhd_settings(
            listen_socket: socket.descriptor,
            connection_limit: UInt32(clamping: max(1, settings.maxConnections)),
            address_limit: UInt32(clamping: settings.maxConnectionsPerAddress),
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

/// A response in libmicrohttpd's memory. Made on any thread, so that the daemon's has no large body to copy.
@safe
final class MicroHTTPResponse: @unchecked Sendable {
    private let status: UInt32
    /// `nil` if there was no memory for it.
    private let response: OpaquePointer?

    init(_ answer: AdminResponse) {
        status = UInt32(clamping: answer.status)
        let made = unsafe answer.body.withUnsafeBytes { body in
            unsafe MHD_create_response_from_buffer(
                body.count, UnsafeMutableRawPointer(mutating: body.baseAddress), .RESPMEM_MUST_COPY)
        }
        unsafe response = made
        guard let made = unsafe made else { return }
        for header in answer.allHeaders {
            _ = unsafe MHD_add_response_header(made, header.name, header.value)
        }
    }

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
    case .body(let request):
        if let pieceSize = unsafe pieceSize, unsafe pieceSize.pointee > 0 {
            unsafe pieceSize.pointee = 0
            return .YES
        }
        guard let answer = service.received(request, in: exchange, on: handle) else { return .YES }
        return handle.queue(MicroHTTPResponse(answer))
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
        service.opened(handle)
    } else {
        service.closed(handle)
    }
}

// MARK: - The listening socket

/// A socket that is bound and listens.
private struct ListeningSocket {
    /// As bound, in the form people write it.
    let address: String
    /// The socket file that was made, if one was.
    let file: String?
    /// It is for whoever made this to close.
    let descriptor: Int32

    init(_ address: AdminAddress) throws(AdminError) {
        switch address {
        case .tcp(let host, let port):
            descriptor = try Self.bindTCP(host: host, port: port)
            self.address = Self.name(of: descriptor)
            file = nil
        case .unix(let path):
            descriptor = try Self.bindUnix(path: path)
            self.address = "unix:" + path
            file = path
        }
    }

    private static func bindTCP(host: String, port: Int) throws(AdminError) -> Int32 {
        let name = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        guard (0...65535).contains(port) else { throw .other("\(name): a port is a number from 0 to 65535") }
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        let problem = unsafe getaddrinfo(host, String(port), &hints, &list)
        guard problem == 0, let first = unsafe list?.pointee else {
            throw .other("\(name): \(unsafe text(gai_strerror(problem)))")
        }
        defer { unsafe freeaddrinfo(list) }
        let descriptor = try unsafe open(first.ai_family, as: name)
        var reuse: Int32 = 1
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
        return try listening(descriptor, as: name, bound: unsafe bind(descriptor, first.ai_addr, first.ai_addrlen))
    }

    private static func bindUnix(path: String) throws(AdminError) -> Int32 {
        let name = "unix:" + path
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard !path.isEmpty, path.utf8.count < room, !path.utf8.contains(0) else {
            throw .other("\(name): a socket's path has 1 to \(room - 1) bytes")
        }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        func with(_ call: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32, _ descriptor: Int32) -> Int32 {
            unsafe withUnsafePointer(to: address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe call(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
        }

        // A file on which nobody listens was left behind. A full backlog (EAGAIN) has a listener too.
        let probe = try open(AF_UNIX, as: name)
        let connected = unsafe with(connect, probe)
        let reason = errno
        close(probe)
        if connected == 0 || reason == EAGAIN {
            throw .addressInUse(name)
        }
        var found = stat()
        if reason == ECONNREFUSED, unsafe lstat(path, &found) == 0 {
            guard found.st_mode & S_IFMT == S_IFSOCK else { throw .other("\(name): the file is no socket") }
            unsafe unlink(path)
        }
        let descriptor = try open(AF_UNIX, as: name)
        return try listening(descriptor, as: name, bound: unsafe with(bind, descriptor))
    }

    private static func open(_ family: Int32, as name: String) throws(AdminError) -> Int32 {
        let flags = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        let descriptor = socket(family, Int32(flags), 0)
        guard descriptor >= 0 else { throw error(errno, at: name) }
        return descriptor
    }

    /// Listens if the socket could be bound, and closes it otherwise.
    private static func listening(_ descriptor: Int32, as name: String, bound: Int32) throws(AdminError) -> Int32 {
        if bound == 0, listen(descriptor, SOMAXCONN) == 0 {
            return descriptor
        }
        let reason = errno
        close(descriptor)
        throw error(reason, at: name)
    }

    private static func error(_ reason: Int32, at name: String) -> AdminError {
        switch reason {
        case EADDRINUSE: .addressInUse(name)
        case EACCES, EPERM: .permissionDenied(name)
        default: .other("\(name): \(unsafe text(strerror(reason)))")
        }
    }

    /// The address to which a TCP socket is bound.
    private static func name(of descriptor: Int32) -> String {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        var port = [CChar](repeating: 0, count: Int(NI_MAXSERV))
        unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                _ = unsafe getsockname(descriptor, address, &size)
                _ = unsafe getnameinfo(
                    address, size, &host, socklen_t(host.count), &port, socklen_t(port.count),
                    NI_NUMERICHOST | NI_NUMERICSERV)
            }
        }
        let (shown, number) = unsafe (text(host), text(port))
        return shown.contains(":") ? "[\(shown)]:\(number)" : "\(shown):\(number)"
    }
}
