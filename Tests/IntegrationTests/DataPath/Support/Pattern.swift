import Foundation
import Synchronization

extension DataPath {
    /// A long body without a short period, and a check that it came whole, in order and once.
    struct Pattern: Sendable {
        /// Repeated, this makes the body. Its odd length keeps it off every buffer's size.
        static let piece: [UInt8] = {
            var state: UInt64 = 0x9E37_79B9_7F4A_7C15
            return (0..<65_521).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: state >> 33)
            }
        }()
        /// About 64 MiB.
        static let count = 1024
        static let length = piece.count * count
        private static let twice = Data(piece + piece)

        /// The body.
        static func whole() -> [UInt8] {
            var body: [UInt8] = []
            body.reserveCapacity(length)
            for _ in 0..<count { body += piece }
            return body
        }

        /// How many bytes came.
        private(set) var received = 0
        /// Whether all that came was right.
        private(set) var isIntact = true

        mutating func check(_ bytes: some Collection<UInt8>) {
            var rest = Data(bytes)
            while !rest.isEmpty {
                let part = rest.prefix(Self.piece.count)
                let start = received % Self.piece.count
                isIntact = isIntact && part == Self.twice[start..<start + part.count]
                received += part.count
                rest = rest.dropFirst(part.count)
            }
        }
    }
}
