import Foundation
import Testing

@testable import WeirAdmin

@Suite("Gzip")
struct GzipTests {
    /// What gzip makes of it.
    private func decompressed(_ bytes: [UInt8]) throws -> [UInt8] {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("weir-\(UUID()).gz")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(bytes).write(to: file)
        let gzip = Process()
        let output = Pipe()
        gzip.executableURL = URL(fileURLWithPath: "/bin/gzip")
        gzip.arguments = ["-dc", file.path]
        gzip.standardOutput = output
        try gzip.run()
        let plain = try output.fileHandleForReading.readToEnd() ?? Data()
        gzip.waitUntilExit()
        #expect(gzip.terminationStatus == 0)
        return Array(plain)
    }

    @Test("reads back, whatever the size and contents", arguments: [0, 1, 100, 65_536, 1_000_003])
    func roundTrip(size: Int) throws {
        var state: UInt64 = 1
        let noise = (0..<size).map { _ -> UInt8 in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 56)
        }
        #expect(try decompressed(try #require(Gzip.compressed(noise))) == noise)
        let text = Array(String(repeating: "mm_a{b=\"c\"} 1\n", count: size / 14).utf8)
        let compressed = try #require(Gzip.compressed(text))
        #expect(try decompressed(compressed) == text)
        #expect(size < 1000 || compressed.count < text.count / 10)
    }
}
