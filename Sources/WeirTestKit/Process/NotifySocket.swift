import Foundation

/// The socket on which a supervisor is told how it goes (sd_notify(3)): a unix datagram socket.
package struct NotifySocket: Sendable {
    /// It could not be had.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private let address: String
    private let descriptor: Int32

    /// Listens at `address`: a path, or `@` and an abstract name.
    package init(_ address: String) throws {
        self.address = address
        var name = Array(address.utf8)
        if name.first == UInt8(ascii: "@") { name[0] = 0 } else { name.append(0) }
        var socketAddress = sockaddr_un()
        socketAddress.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &socketAddress.sun_path) { unsafe $0.copyBytes(from: name) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        let bound = unsafe withUnsafePointer(to: socketAddress) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(descriptor, $0, length) }
        }
        guard bound == 0 else { throw Failure(description: "cannot bind \(address): errno \(errno)") }
    }

    /// The next datagram that has come or comes within `limit`.
    package func receive(within limit: Duration = .seconds(20)) async throws -> String {
        try await withDeadline(limit, waitingFor: "a datagram", seen: { "none" }) {
            while isEmpty { try await Task.sleep(for: .milliseconds(2)) }
        }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }

    /// Whether nothing has come that was not received.
    package var isEmpty: Bool {
        var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&ready, 1, 0) == 0
    }

    /// Stops to listen, and takes the path away.
    package func close() {
        _ = Foundation.close(descriptor)
        if !address.hasPrefix("@") { unsafe unlink(address) }
    }
}
