package import Foundation

/// A redis-server of a test's own, on a unix socket and a port of loopback, which keeps nothing on disk unless told.
package final class RedisServer: @unchecked Sendable {
    /// Where it keeps what it keeps, and its socket.
    package let directory: URL
    /// Its port of loopback.
    package let port: Int
    private let arguments: [String]
    private var process: Process?

    /// Its unix socket.
    package var path: String { directory.appendingPathComponent("r.sock").path }

    /// Starts one; `extra` are further options, as on its command line.
    package init(_ extra: [String] = []) throws {
        directory = URL(fileURLWithPath: NSTemporaryDirectory())
            .appendingPathComponent("weir-redis-\(UInt32.random(in: .min ... .max))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        port = try Self.freePort()
        arguments = ["--bind", "127.0.0.1", "--unixsocket", "r.sock", "--dir", directory.path] + extra
        try start()
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(at: directory)
    }

    /// Starts it, again after a `kill`. Returns once it answers.
    package func start(port: Int? = nil) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["redis-server", "--port", "\(port ?? self.port)", "--save", ""] + arguments
        process.currentDirectoryURL = directory
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        self.process = process
        let deadline = ContinuousClock.now + .seconds(10)
        while ContinuousClock.now < deadline {
            if Self.answers(path) { return }
            usleep(5000)
        }
        throw Unavailable()
    }

    /// It did not start.
    package struct Unavailable: Error {}

    /// Ends it at once.
    package func kill() {
        signal(SIGKILL)
        process?.waitUntilExit()
        process = nil
    }

    /// Sends SIGSTOP or SIGCONT, say.
    package func signal(_ number: Int32) {
        if let process, process.isRunning { _ = Glibc.kill(process.processIdentifier, number) }
    }

    private static func answers(_ path: String) -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = Array(path.utf8) + [0]
        guard name.count <= MemoryLayout.size(ofValue: address.sun_path) else { return false }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
        let isConnected = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        guard isConnected, unsafe write(descriptor, "PING\r\n", 6) == 6 else { return false }
        var answer = [UInt8](repeating: 0, count: 16)
        return unsafe read(descriptor, &answer, answer.count) > 0
    }

    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        return unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                unsafe bind(descriptor, raw, length)
                unsafe getsockname(descriptor, raw, &length)
                return unsafe Int(UInt16(bigEndian: pointer.pointee.sin_port))
            }
        }
    }
}
