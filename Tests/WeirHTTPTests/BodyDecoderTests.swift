import NIOCore
import Testing
import WeirHTTP

@Suite("Bodies")
struct BodyDecoderTests {
    enum Ending: Equatable {
        case whole(rest: String)
        case incomplete
        case refused(HTTPDefect)
    }

    /// Decodes `text` cut at `cuts`; the data put together, and how it ended.
    private func decode(_ text: String, _ framing: BodyFraming, cuts: [Int]) -> (String, Ending) {
        let bytes = Array(text.utf8)
        var decoder = BodyDecoder(framing)
        var buffer = ByteBuffer()
        var data = ByteBuffer()
        var start = 0
        for cut in cuts + [bytes.count] {
            buffer.writeBytes(bytes[start..<cut])
            start = cut
            do {
                while let part = try decoder.next(&buffer) {
                    switch part {
                    case .data(let piece):
                        #expect(piece.readableBytes > 0)
                        data.writeImmutableBuffer(piece)
                    case .end:
                        #expect(decoder.isComplete && decoder.finishAtEOF())
                        buffer.writeBytes(bytes[start...])
                        let further = try decoder.next(&buffer)
                        #expect(further == nil, "the end is given once")
                        return (String(buffer: data), .whole(rest: String(buffer: buffer)))
                    }
                }
            } catch {
                #expect(throws: error) { try decoder.next(&buffer) }
                #expect(!decoder.finishAtEOF())
                return (String(buffer: data), .refused(error))
            }
        }
        #expect(!decoder.isComplete)
        #expect(decoder.finishAtEOF() == (framing == .untilClose))
        return (String(buffer: data), .incomplete)
    }

    private func expectSameForAllSplits(_ text: String, _ framing: BodyFraming) -> (String, Ending) {
        let whole = decode(text, framing, cuts: [])
        for cut in 0...text.utf8.count {
            #expect(decode(text, framing, cuts: [cut]) == whole, "cut at \(cut)")
        }
        #expect(decode(text, framing, cuts: Array(0...text.utf8.count)) == whole, "byte by byte")
        return whole
    }

    static let chunked: [(String, String, rest: String)] = [
        ("0\r\n\r\n", "", ""),
        ("5\r\nhello\r\n0\r\n\r\n", "hello", ""),
        ("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\nGET /", "hello world", "GET /"),
        ("a\r\n0123456789\r\nA\r\nabcdefghij\r\n0\r\n\r\n", "0123456789abcdefghij", ""),
        ("10\r\n0123456789abcdef\r\n0\r\n\r\n", "0123456789abcdef", ""),
        ("000000000000005\r\nhello\r\n000\r\n\r\n", "hello", ""),
        ("5;a=b;c=\"d e\"\r\nhello\r\n0;x\r\n\r\n", "hello", ""),
        ("2\r\n\r\n\r\n0\r\n\r\n", "\r\n", ""),
        ("1\r\nx\r\n0\r\nA: b\r\nDigest:\r\nC: d\te\r\n\r\n!", "x", "!"),
        ("1;\(String(repeating: "e", count: 256))\r\nx\r\n0\r\n\r\n", "x", ""),
    ]

    @Test("a chunked body gives its data and takes no byte behind its end", arguments: chunked)
    func decodesChunked(_ text: String, _ data: String, rest: String) {
        #expect(expectSameForAllSplits(text, .chunked) == (data, .whole(rest: rest)))
    }

    static let refused = [
        "\r\n", " 5\r\nhello", "5 \r\nhello", "5 ;a\r\nhello", "5\t\r\nhello", "+5\r\nhello", "-5\r\nhello",
        "0x5\r\nhello",
        "g\r\n", ";a\r\n", "5,5\r\n", "5\nhello", "5\r\r\n", "5\rhello", "5;a\nhello", "5;a\rb\r\n", "5;\0\r\n",
        "1\r\nxy\r\n0\r\n\r\n", "1\r\nx\n0\r\n\r\n", "1\r\nx\rX", "1\r\nx0\r\n\r\n", "0000000000000005\r\nhello",
        "FFFFFFFFFFFFFFFF\r\n", "8000000000000000\r\n", "5;\(String(repeating: "e", count: 257))\r\n", "0\r\n\n",
        "0\r\n\rX",
        "0\n\n", "0\r\n: b\r\n\r\n", "0\r\nA : b\r\n\r\n", "0\r\n A: b\r\n\r\n", "0\r\nA\r\n\r\n", "0\r\nA: b\n\r\n",
        "0\r\nA: b\rc\r\n\r\n", "0\r\nA: \0\r\n\r\n", "0\r\nA: b\r\n c\r\n\r\n", "1\r\nx\r\n\r\n0\r\n\r\n",
    ]

    @Test("a chunked body that breaks a rule is refused", arguments: refused)
    func refusesChunked(_ text: String) {
        let (_, ending) = expectSameForAllSplits(text, .chunked)
        guard case .refused(let defect) = ending else {
            Issue.record("gave \(ending)")
            return
        }
        #expect(defect.kind == .malformed)
    }

    @Test("a chunked body cut short is not complete, wherever the cut is")
    func cutShort() {
        let text = "5;e\r\nhello\r\n0\r\nA: b\r\n\r\n"
        for count in 0..<text.utf8.count {
            let cut = String(decoding: text.utf8.prefix(count), as: UTF8.self)
            #expect(decode(cut, .chunked, cuts: []).1 == .incomplete, "after \(count) bytes")
        }
    }

    @Test("trailers are bounded in number and size")
    func trailerLimits() {
        let many = "0\r\n" + (1...101).map { "t\($0): v\r\n" }.joined() + "\r\n"
        #expect(
            decode(many, .chunked, cuts: []).1
                == .refused(HTTPDefect(kind: .tooManyFields, text: "there are too many trailers")))
        let large = "0\r\nT: " + String(repeating: "v", count: 32 * 1024)
        #expect(
            decode(large, .chunked, cuts: []).1
                == .refused(HTTPDefect(kind: .headTooLarge, text: "the trailers are too large")))
    }

    static let counted: [(String, BodyFraming, String, rest: String)] = [
        ("hello", .counted(5), "hello", ""),
        ("hello world", .counted(5), "hello", " world"),
        ("hello", .counted(0), "", "hello"),
        ("hello", .none, "", "hello"),
        ("", .none, "", ""),
    ]

    @Test("a counted body ends at its length", arguments: counted)
    func decodesCounted(_ text: String, _ framing: BodyFraming, _ data: String, rest: String) {
        #expect(expectSameForAllSplits(text, framing) == (data, .whole(rest: rest)))
    }

    @Test("a counted body cut short is not complete; one that ends with the connection always is")
    func endsWithConnection() {
        #expect(expectSameForAllSplits("hell", .counted(5)) == ("hell", .incomplete))
        #expect(expectSameForAllSplits("hello", .untilClose) == ("hello", .incomplete))
        #expect(expectSameForAllSplits("", .untilClose) == ("", .incomplete))
    }

    @Test("data is a slice of what was read, not a copy")
    func noCopy() throws {
        var buffer = ByteBuffer(string: "5\r\nhello\r\n")
        let address = unsafe buffer.withUnsafeReadableBytes { unsafe $0.baseAddress.map { Int(bitPattern: $0) } }
        var decoder = BodyDecoder(.chunked)
        guard case .data(let piece) = try decoder.next(&buffer) else {
            Issue.record("no data")
            return
        }
        let pieceAddress = unsafe piece.withUnsafeReadableBytes {
            unsafe $0.baseAddress.map { Int(bitPattern: $0) }
        }
        #expect(pieceAddress == address.map { $0 + 3 })
    }

    static let sizes: [(Int, String)] = [
        (1, "1"), (9, "9"), (10, "a"), (255, "ff"), (4096, "1000"), (65_535, "ffff"), (65_536, "10000"),
    ]

    @Test("chunk heads are written in plain hexadecimal", arguments: sizes)
    func chunkHeads(_ size: Int, _ text: String) {
        var buffer = ByteBuffer()
        let data = String(repeating: "x", count: size)
        ChunkWriter.writeChunk(ByteBuffer(string: data), into: &buffer)
        #expect(String(buffer: buffer) == "\(text)\r\n\(data)\r\n")
    }

    @Test("what the chunk writer writes, the decoder reads")
    func chunkRoundTrip() {
        var buffer = ByteBuffer()
        ChunkWriter.writeChunk(ByteBuffer(string: "hello"), into: &buffer)
        ChunkWriter.writeChunk(ByteBuffer(), into: &buffer)
        ChunkWriter.writeChunk(ByteBuffer(string: " world"), into: &buffer)
        buffer.writeImmutableBuffer(ChunkWriter.lastChunk)
        #expect(String(buffer: buffer) == "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")
        #expect(decode(String(buffer: buffer), .chunked, cuts: []) == ("hello world", .whole(rest: "")))
    }
}
