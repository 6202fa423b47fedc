import Foundation
import Testing

/// A redis-server of a test's own, on a unix socket and a port of loopback, which keeps nothing on disk unless told.
final class RedisServer: @unchecked Sendable {
    let directory: URL
    let port: Int
    private let arguments: [String]
    private var process: Process?

    var path: String { directory.appendingPathComponent("r.sock").path }

    /// Starts one; `extra` are further options, as on its command line.
    init(_ extra: [String] = []) throws {
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

    func start(port: Int? = nil) throws {
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
            if let redis = try? SyncRedis(path: path), case .some = try? redis.call(["PING"]) { return }
            usleep(5000)
        }
        throw Unavailable()
    }

    struct Unavailable: Error {}

    func kill() {
        signal(SIGKILL)
        process?.waitUntilExit()
        process = nil
    }

    /// SIGSTOP or SIGCONT, say.
    func signal(_ number: Int32) {
        if let process, process.isRunning { _ = Glibc.kill(process.processIdentifier, number) }
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
