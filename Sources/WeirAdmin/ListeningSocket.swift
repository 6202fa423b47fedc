import Glibc

/// A socket that is bound and listens.
struct ListeningSocket {
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
            throw .other("\(name): \(unsafe String(cString: gai_strerror(problem)))")
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
        default: .other("\(name): \(unsafe String(cString: strerror(reason)))")
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
        let (shown, number) = (text(host), text(port))
        return shown.contains(":") ? "[\(shown)]:\(number)" : "\(shown):\(number)"
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
