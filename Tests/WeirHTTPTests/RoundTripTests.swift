import NIOCore
import Testing
import WeirCore
import WeirHTTP

/// Random valid messages, cut at random places.
@Suite("Random messages")
struct RoundTripTests {
    private static let tokenBytes = Array(
        "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
    private static let targetBytes = (0x21...0x7E).map { UInt8($0) }.filter { $0 != UInt8(ascii: "#") }
    private static let valueBytes = (0x21...0xFF).map { UInt8($0) }.filter { $0 != 0x7F } + [0x20, 0x09]

    private typealias Field = (name: [UInt8], value: [UInt8])

    private func bytes(_ set: [UInt8], _ count: ClosedRange<Int>, _ random: inout SeededGenerator) -> [UInt8] {
        (0..<Int.random(in: count, using: &random)).map { _ in set.randomElement(using: &random) ?? 0 }
    }

    /// Fields that pass untouched: their names begin with a letter pair no known field has.
    private func fields(_ random: inout SeededGenerator) -> [Field] {
        (0..<Int.random(in: 0...20, using: &random)).map { _ in
            var value = bytes(Self.valueBytes, 0...60, &random)
            while let last = value.last, last == 0x20 || last == 0x09 { value.removeLast() }
            while let first = value.first, first == 0x20 || first == 0x09 { value.removeFirst() }
            return (Array("qq".utf8) + bytes(Self.tokenBytes, 0...20, &random), value)
        }
    }

    private func blanks(_ random: inout SeededGenerator) -> [UInt8] {
        Bool.random(using: &random) ? [0x20] : bytes([0x20, 0x09], 0...3, &random)
    }

    private func cuts(_ count: Int, _ random: inout SeededGenerator) -> [Int] {
        (0..<Int.random(in: 0...6, using: &random)).map { _ in Int.random(in: 0...count, using: &random) }.sorted()
    }

    @Test("a request's target and fields arrive as sent, in order, however it was cut")
    func requests() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        let writer = RequestWriter(authority: "u", pathPrefix: "", preserveHost: false, setFields: [])
        for round in 0..<2000 {
            let method = bytes(Array("ABCDEFGHIJ".utf8), 1...32, &random)
            let target = [UInt8(ascii: "/")] + bytes(Self.targetBytes, 0...80, &random)
            let fields = fields(&random)
            let length = Bool.random(using: &random) ? Int.random(in: 0...999_999_999_999_999_999, using: &random) : nil
            let request = Array("\(String(decoding: method, as: UTF8.self)) ".utf8) + target
            var sent = request + Array(" HTTP/1.1\r\n".utf8)
            var expected = request + Array(" HTTP/1.1\r\nHost: u\r\n".utf8)
            let hostAt = Int.random(in: 0...fields.count, using: &random)
            for (index, field) in fields.enumerated() {
                if index == hostAt { sent += Array("hOst: h\r\n".utf8) }
                sent += field.name + [0x3A] + blanks(&random) + field.value + blanks(&random) + [13, 10]
                expected += field.name + [0x3A, 0x20] + field.value + [13, 10]
            }
            if hostAt == fields.count { sent += Array("hOst: h\r\n".utf8) }
            if let length {
                sent += Array("content-length: \(length)\r\n".utf8)
                expected += Array("Content-Length: \(length)\r\n".utf8)
            }
            sent += [13, 10]
            expected += [13, 10]
            var parser = RequestHeadParser()
            var written: [UInt8]?
            let outcome = feed(sent, cuts: cuts(sent.count, &random)) { buffer in
                guard let head = try parser.parse(&buffer) else { return nil }
                #expect(head.framing == (length.map { .counted($0) } ?? .none))
                var output = ByteBuffer()
                writer.write(head, into: &output)
                written = Array(output.readableBytesView)
                return ""
            }
            try #require(outcome == .parsed("", rest: ""), "seed \(seed), round \(round)")
            try #require(written == expected, "seed \(seed), round \(round)")
        }
    }

    @Test("bytes with one changed at random are refused or parsed the same however they are cut, and never trap")
    func mutations() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        let original = Array(
            "POST http://h:80/a?b=c HTTP/1.1\r\nHost: h\r\nConnection: x, close\r\nContent-Length: 5\r\nX: y\r\n\r\n"
                .utf8)
        for round in 0..<4000 {
            var sent = original
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                sent[Int.random(in: sent.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            var whole = RequestHeadParser()
            var cut = RequestHeadParser()
            let first = feed(sent, cuts: []) { try whole.parse(&$0).map(describe) }
            let second = feed(sent, cuts: cuts(sent.count, &random)) { try cut.parse(&$0).map(describe) }
            try #require(first == second, "seed \(seed), round \(round)")
        }
    }

    @Test("a chunked body arrives as sent, however it was chunked and cut")
    func chunkedBodies() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        let any = (0...255).map { UInt8($0) }
        for round in 0..<500 {
            var sent = ByteBuffer()
            var body: [UInt8] = []
            for _ in 0..<Int.random(in: 0...8, using: &random) {
                let piece = bytes(any, 0...300, &random)
                body += piece
                ChunkWriter.writeChunk(ByteBuffer(bytes: piece), into: &sent)
            }
            sent.writeImmutableBuffer(ChunkWriter.lastChunk)
            var decoder = BodyDecoder(.chunked)
            var received: [UInt8] = []
            let outcome = feed(Array(sent.readableBytesView), cuts: cuts(sent.readableBytes, &random)) { buffer in
                while let part = try decoder.next(&buffer) {
                    guard case .data(let piece) = part else { return "" }
                    received += Array(piece.readableBytesView)
                }
                return nil
            }
            try #require(outcome == .parsed("", rest: ""), "seed \(seed), round \(round)")
            try #require(received == body, "seed \(seed), round \(round)")
        }
    }
}
