internal import FoundationEssentials
#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif
package import Logging

/// Whoever started Weir and wants to know how it goes: a supervisor such as systemd, which names a datagram socket in
/// `$NOTIFY_SOCKET` (sd_notify(3)). Without one nothing is told.
package struct Supervisor: Sendable {
    /// A path, or `@` and an abstract name; nil: nobody listens.
    private let address: String?
    private let log: Logger

    /// The supervisor of this process, or the one that `address` leads to. A failure to tell it something is logged.
    package init(address: String? = ProcessInfo.processInfo.environment["NOTIFY_SOCKET"], log: Logger) {
        self.address = address.flatMap { $0.isEmpty ? nil : $0 }
        self.log = log
    }

    /// Weir serves; also said at the end of a reload.
    package func ready() {
        tell("READY=1")
    }

    /// A reload begins.
    package func reloading() {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        tell("RELOADING=1\nMONOTONIC_USEC=\(time.tv_sec * 1_000_000 + time.tv_nsec / 1000)")
    }

    /// The drain begins.
    package func stopping() {
        tell("STOPPING=1")
    }

    private func tell(_ state: String) {
        guard let address else { return }
        guard let socket = Self.socketAddress(address) else {
            return log.warning("NOTIFY_SOCKET is no unix socket", metadata: ["name": "\(address)"])
        }
        if let error = Self.send(Array(state.utf8), to: socket.address, length: socket.length) {
            log.warning("the supervisor cannot be told", metadata: ["name": "\(address)", "error": "\(error)"])
        }
    }

    /// The address as the kernel takes it: an abstract name begins with a zero byte and has no end mark.
    private static func socketAddress(_ text: String) -> (address: sockaddr_un, length: socklen_t)? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var name = Array(text.utf8)
        let isAbstract = name.first == UInt8(ascii: "@")
        guard isAbstract || name.first == UInt8(ascii: "/") else { return nil }
        if isAbstract { name[0] = 0 } else { name.append(0) }
        guard name.count <= MemoryLayout.size(ofValue: address.sun_path) else { return nil }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
        let head = MemoryLayout<sockaddr_un>.size - MemoryLayout.size(ofValue: address.sun_path)
        return (address, socklen_t(head + name.count))
    }

    /// Why it could not be sent within a second; nil where it was.
    private static func send(_ bytes: [UInt8], to address: sockaddr_un, length: socklen_t) -> String? {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        guard descriptor >= 0 else { return reason }
        defer { close(descriptor) }
        var patience = timeval(tv_sec: 1, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
        let sent = unsafe withUnsafePointer(to: address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                unsafe sendto(descriptor, bytes, bytes.count, 0, generic, length)
            }
        }
        return sent == bytes.count ? nil : reason
    }

    private static var reason: String { unsafe String(cString: strerror(errno)) }
}
