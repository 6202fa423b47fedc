import Glibc
import NIOCore
import NIOPosix
import Testing

@testable import WeirProxy

@Suite("What is about to be sent")
struct OutgoingBytesTests {
    /// A peer that reads nothing, so that the socket takes some KiB and no more.
    private static func parts(_ first: Int, _ last: Int) async throws -> (taken: [UInt8], rest: [UInt8]) {
        var ends: [CInt] = [0, 0]
        try #require(unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        var size: CInt = 8192
        unsafe setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<CInt>.size))
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Marker()) }
            }
            .withConnectedSocket(ends[0]).get()
        let all = bytes(first + last)
        let rest = try await channel.eventLoop.submit {
            let context = try channel.pipeline.syncOperations.context(handlerType: Marker.self)
            var outgoing = OutgoingBytes(MessageMemory())
            outgoing.open(DirectSocket(context))
            outgoing.compose(capacity: first) { $0.writeBytes(all[..<first]) }
            let early = outgoing.add(ByteBuffer(bytes: all[first...]))
            let late = outgoing.send(over: channel)
            return [early, late].flatMap { $0.map { Array($0.readableBytesView) } ?? [] }
        }.get()
        try await channel.close()
        var taken: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe read(ends[1], &piece, piece.count)
            guard count > 0 else { break }
            taken += piece[..<count]
        }
        Glibc.close(ends[1])
        return (taken, rest)
    }

    private static func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
    }

    private final class Marker: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
    }

    @Test("The socket takes what it can of either piece, and the channel gets the rest, to the byte")
    func partly() async throws {
        for (first, last) in [(100_000, 10), (100_000, 100_000), (10, 100_000), (2000, 100_000)] {
            let (taken, rest) = try await Self.parts(first, last)
            #expect(!taken.isEmpty && !rest.isEmpty)
            #expect(taken + rest == Self.bytes(first + last))
        }
    }

    @Test("Two pieces that fit are sent in full, joined or not")
    func whole() async throws {
        for (first, last) in [(10, 20), (100, 2048), (100, 4000), (3000, 20)] {
            let (taken, rest) = try await Self.parts(first, last)
            #expect(rest.isEmpty && taken == Self.bytes(first + last))
        }
    }
}
