import Foundation
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing
import WeirHTTP

/// Our parsers against llhttp, as swift-nio ships it, over the fuzzers' corpus: whatever we accept, it accepts with the
/// same framing. The other way round we are stricter on purpose.
@Suite("Beside another parser")
struct DifferentialTests {
    private static func corpus(_ target: String) throws -> [[UInt8]] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folder = root.appending(path: "Fuzz/Corpus/\(target)")
        return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .sorted { $0.lastPathComponent < $1.lastPathComponent }.map { Array(try Data(contentsOf: $0)) }
    }

    /// What a parser made of some bytes.
    private struct Reading: Equatable {
        var startLine = ""
        var body: [UInt8] = []
        var isWhole = false
        /// What the start line behind it asks for.
        var next: String?
    }

    /// Bodies as each framing wants them, and what they come to.
    private static func body(for framing: BodyFraming) -> (sent: [UInt8], data: [UInt8]) {
        switch framing {
        case .none: ([], [])
        case .counted(let length): (Array(repeating: 120, count: length), Array(repeating: 120, count: length))
        case .chunked: (Array("3\r\nabc\r\n0\r\n\r\n".utf8), Array("abc".utf8))
        case .untilClose: (Array("abc".utf8), Array("abc".utf8))
        }
    }

    @Test("a request that we accept is the same request to llhttp, and ends in the same place")
    func requests() throws {
        let rows = RequestRows.accepted.map { Array($0.message.utf8) }
        var compared = 0
        for bytes in try Self.corpus("request") + rows {
            var buffer = ByteBuffer(bytes: bytes)
            var parser = RequestHeadParser()
            // llhttp knows its methods by heart, and leaves HTTP for good behind an upgrade and CONNECT.
            guard let head = try? parser.parse(&buffer), head.method != .other, head.method != .connect else {
                continue
            }
            if case .counted(let length) = head.framing, length > 1 << 20 { continue }
            let taken = Array(bytes.prefix(bytes.count - buffer.readableBytes))
            let body = Self.body(for: head.framing)
            var expected = Reading()
            expected.startLine = "\(head.methodName) \(String(decoding: Self.target(of: taken), as: UTF8.self))"
            expected.body = body.data
            expected.isWhole = true
            expected.next = head.isPersistent && !head.fields.contains(.upgrade) ? "/next" : nil
            let behind = expected.next == nil ? [] : Array("GET /next HTTP/1.1\r\nHost: h\r\n\r\n".utf8)
            let reading = try? Self.readRequest(taken + body.sent + behind)
            #expect(reading == expected, "\(String(decoding: taken, as: UTF8.self).debugDescription)")
            compared += 1
        }
        #expect(compared >= 20)
    }

    /// The second word of the start line.
    private static func target(of head: [UInt8]) -> [UInt8] {
        Array(head.drop { $0 == 13 || $0 == 10 }.split(separator: 32, maxSplits: 2).dropFirst().first ?? [])
    }

    private static func readRequest(_ bytes: [UInt8]) throws -> Reading {
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(HTTPRequestDecoder()))
        try channel.writeInbound(ByteBuffer(bytes: bytes))
        var reading = Reading()
        while let part = try channel.readInbound(as: HTTPServerRequestPart.self) {
            switch part {
            case .head(let head):
                if reading.isWhole { reading.next = head.uri } else { reading.startLine = "\(head.method) \(head.uri)" }
            case .body(let data): reading.body += data.readableBytesView
            case .end: reading.isWhole = true
            }
        }
        _ = try channel.finish(acceptAlreadyClosed: true)
        return reading
    }

    @Test("a response that we accept is the same response to llhttp, and ends in the same place")
    func responses() throws {
        var compared = 0
        for bytes in try Self.corpus("response") {
            for method in [WeirHTTP.HTTPMethod.get, .head] {
                var buffer = ByteBuffer(bytes: bytes)
                var parser = ResponseHeadParser()
                guard let head = try? parser.parse(&buffer, answering: method), !head.isInformational else { continue }
                if case .counted(let length) = head.framing, length > 1 << 20 { continue }
                let body = Self.body(for: head.framing)
                let taken = Array(bytes.prefix(bytes.count - buffer.readableBytes))
                let reading = try? Self.readResponse(taken + body.sent, toHead: method == .head)
                let expected = Reading(startLine: "\(head.status)", body: body.data, isWhole: true)
                #expect(reading == expected, "\(String(decoding: taken, as: UTF8.self).debugDescription)")
                compared += 1
            }
        }
        #expect(compared >= 10)
    }

    private static func readResponse(_ bytes: [UInt8], toHead: Bool) throws -> Reading {
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(HTTPResponseDecoder()))
        let request = HTTPRequestHead(version: .http1_1, method: toHead ? .HEAD : .GET, uri: "/")
        try channel.writeOutbound(HTTPClientRequestPart.head(request))
        try channel.writeInbound(ByteBuffer(bytes: bytes))
        // What ends with the connection ends here.
        _ = try channel.finish(acceptAlreadyClosed: true)
        var reading = Reading()
        while let part = try channel.readInbound(as: HTTPClientResponsePart.self) {
            switch part {
            case .head(let head): reading.startLine = "\(head.status.code)"
            case .body(let data): reading.body += data.readableBytesView
            case .end: reading.isWhole = true
            }
        }
        return reading
    }

    @Test("a chunked body that we accept has the same data to llhttp")
    func bodies() throws {
        var compared = 0
        for bytes in try Self.corpus("body") {
            var buffer = ByteBuffer(bytes: bytes)
            var decoder = BodyDecoder(.chunked)
            var data: [UInt8] = []
            do {
                while let part = try decoder.next(&buffer) {
                    if case .data(let piece) = part { data += piece.readableBytesView }
                }
            } catch {
                continue
            }
            guard decoder.isComplete else { continue }
            let head = Array("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
            let taken = bytes.prefix(bytes.count - buffer.readableBytes)
            let behind = Array("GET /next HTTP/1.1\r\nHost: h\r\n\r\n".utf8)
            let reading = try? Self.readRequest(head + taken + behind)
            let expected = Reading(startLine: "POST /", body: data, isWhole: true, next: "/next")
            #expect(reading == expected, "\(String(decoding: taken, as: UTF8.self).debugDescription)")
            compared += 1
        }
        #expect(compared >= 5)
    }
}
