import NIOCore
import WeirHTTP

/// What a request head says, to be compared.
private struct Said: Equatable {
    let method: String
    let path: String
    let query: String?
    let framing: BodyFraming
    let upgrades: Bool
    let fields: Int
    let written: [UInt8]

    init(_ head: RequestHead, writtenBy writer: RequestWriter) {
        var output = ByteBuffer()
        writer.write(head, into: &output)
        expectPlain(output.readableBytesView)
        method = head.methodName
        path = head.path
        query = head.query
        framing = head.framing
        upgrades = head.upgradesToWebSocket
        fields = head.fieldCount
        written = Array(output.readableBytesView)
        visitParts(of: head)
    }
}

/// Walks everything that may be asked of a head: none of it may trap.
private func visitParts(of head: RequestHead) {
    for name in ["a", "cookie", "x-a"] {
        _ = head.withCookie(name.utf8) { $0.count }
        _ = head.withQueryItem(name.utf8) { $0.count }
        let value = head.withFirst(FieldName(name)) { $0.count }
        expect((value == nil) == (head.first(named: name) == nil), "two look-ups disagree")
    }
    head.walkForwardedFor { !$0.isEmpty }
    _ = head.isAddressed(to: "h".utf8)
    _ = head.withPath { $0.count }
}

private let plain = RequestWriter(authority: "u", pathPrefix: "", preserveHost: false, setFields: [])
private let rich = RequestWriter(
    authority: "u", pathPrefix: "/p", preserveHost: true, setFields: [("X-A", "1"), ("Cookie", "a=b")], via: "weir")

/// The properties of request heads: the same outcome however the bytes come; what is written for an accepted head is one
/// plain head that we accept and that says the same; limits hold.
package func checkRequest(_ bytes: [UInt8]) {
    let outcome = expectSame(bytes) { cuts in
        var parser = RequestHeadParser()
        return feed(bytes, cuts: cuts) { buffer throws(HTTPDefect) in
            try parser.parse(&buffer).map { Said($0, writtenBy: plain) }
        }
    }
    // CONNECT is refused before anything is written for it.
    if case .taken(let said, let count) = outcome, said.method != "CONNECT" {
        var parser = RequestHeadParser()
        var again = ByteBuffer(bytes: said.written)
        guard let head = try? parser.parse(&again) else { fatalError("what we wrote we refuse") }
        expect(again.readableBytes == 0 && !parser.isMidHead, "more than a head was written")
        let repeated = Said(head, writtenBy: plain)
        expect(
            repeated.method == said.method && repeated.path == said.path && repeated.query == said.query
                && repeated.framing == said.framing && repeated.upgrades == said.upgrades
                && repeated.written == said.written,
            "what we wrote says something else")
        parser = RequestHeadParser()
        var first = ByteBuffer(bytes: bytes.prefix(count))
        guard let original = try? parser.parse(&first) else { fatalError("a head needs what stands behind it") }
        _ = Said(original, writtenBy: rich)
    }
    checkLimits(bytes, full: outcome)
}

private func checkLimits(_ bytes: [UInt8], full: Outcome<Said>) {
    let limits = HeadLimits(maxBytes: 96, maxFields: 3)
    var parser = RequestHeadParser(limits: limits)
    let outcome = feed(bytes, cuts: []) { buffer throws(HTTPDefect) in
        try parser.parse(&buffer).map { Said($0, writtenBy: plain) }
    }
    switch outcome {
    case .taken(let said, let count):
        // An empty line before the head does not count.
        expect(count <= limits.maxBytes + 2 && said.fields <= limits.maxFields, "a limit was passed")
        expect(outcome == full, "a limit changed an outcome")
    case .incomplete:
        expect(bytes.count < limits.maxBytes + 2, "a head beyond the limit is waited for")
    case .refused:
        break
    }
}
