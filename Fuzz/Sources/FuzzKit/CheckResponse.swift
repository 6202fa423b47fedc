import NIOCore
import WeirHTTP

/// What a response head says, to be compared.
private struct Said: Equatable {
    let status: Int
    let framing: BodyFraming
    let towardsCaller: BodyFraming
    let isPersistent: Bool
    let upgrades: Bool
    let fields: Int
    let written: [UInt8]

    init(_ head: ResponseHead) {
        var output = ByteBuffer()
        towardsCaller = ResponseWriter.write(
            head, answering: .http11, close: false, endpoint: "e", waitNanoseconds: 1_234_567, attempts: 1,
            into: &output)
        expectPlain(output.readableBytesView)
        status = head.status
        framing = head.framing
        isPersistent = head.isPersistent
        upgrades = head.upgradesToWebSocket
        fields = head.fieldCount
        written = Array(output.readableBytesView)
        checkOldCaller(head)
    }
}

/// A caller that speaks HTTP/1.0 gets no chunks and no 1xx.
private func checkOldCaller(_ head: ResponseHead) {
    var output = ByteBuffer()
    let framing = ResponseWriter.write(
        head, answering: .http10, close: true, endpoint: "e", waitNanoseconds: .max, attempts: .max, via: "weir",
        into: &output)
    expect(framing != .chunked, "chunks for HTTP/1.0")
    expect(head.isInformational == (output.readableBytes == 0), "a 1xx for HTTP/1.0, or no answer")
    if output.readableBytes > 0 { expectPlain(output.readableBytesView) }
}

/// The properties of response heads, as answers to GET and to HEAD.
package func checkResponse(_ bytes: [UInt8]) {
    for method in [HTTPMethod.get, .head] {
        let outcome = expectSame(bytes) { cuts in
            var parser = ResponseHeadParser()
            return feed(bytes, cuts: cuts) { buffer throws(HTTPDefect) in
                try parser.parse(&buffer, answering: method).map { Said($0) }
            }
        }
        guard case .taken(let said, _) = outcome else { continue }
        var parser = ResponseHeadParser()
        var again = ByteBuffer(bytes: said.written)
        guard let head = try? parser.parse(&again, answering: method) else {
            fatalError("what we wrote we refuse")
        }
        expect(again.readableBytes == 0 && !parser.isMidHead, "more than a head was written")
        expect(head.status == said.status && head.upgradesToWebSocket == said.upgrades, "it says something else")
        // What ends with the connection towards us is chunked for the caller.
        expect(head.framing == said.towardsCaller, "the framing promised is not the one written")
        expect(said.towardsCaller == (said.framing == .untilClose ? .chunked : said.framing), "another framing")
    }
    var parser = ResponseHeadParser(limits: HeadLimits(maxBytes: 96, maxFields: 3))
    let limited = feed(bytes, cuts: []) { buffer throws(HTTPDefect) in
        try parser.parse(&buffer, answering: .get).map { Said($0) }
    }
    switch limited {
    case .taken(let said, let count): expect(count <= 96 && said.fields <= 3, "a limit was passed")
    case .incomplete: expect(bytes.count < 96, "a head beyond the limit is waited for")
    case .refused: break
    }
}
