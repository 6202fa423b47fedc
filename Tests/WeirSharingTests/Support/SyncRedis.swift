import Foundation
import WeirSharing

/// A connection to Redis that waits for each reply.
final class SyncRedis {
    private let descriptor: Int32
    private let reader = RedisReader()
    private var chunk = [UInt8](repeating: 0, count: 1 << 16)

    struct Failure: Error {}

    init(path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                unsafe connect(descriptor, raw, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else {
            close(descriptor)
            throw Failure()
        }
    }

    deinit { close(descriptor) }

    func call(_ words: [String]) throws -> RedisValue {
        let bytes = RedisCommand.bytes(words)
        var sent = 0
        while sent < bytes.count {
            let rest = bytes[sent...]
            let count = unsafe rest.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw Failure() }
            sent += count
        }
        while true {
            if let value = try reader.next() { return value }
            let count = unsafe read(descriptor, &chunk, chunk.count)
            guard count > 0 else { throw Failure() }
            try unsafe chunk.withUnsafeBytes { unsafe try reader.feed(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
    }
}
