package import NIOCore

/// Writes requests for an upstream. Everything that depends on the upstream alone is rendered once, here. A class, so that
/// a call need not copy what it writes by.
package final class RequestWriter: Sendable {
    private let pathPrefix: [UInt8]
    /// ` HTTP/1.1`, CR LF, `Host: `; and the upstream's authority and CR LF unless that is the caller's.
    private let lineEnd: [UInt8]
    private let authority: [UInt8]
    private let preserveHost: Bool
    /// The lines of the fields to set.
    private let setLines: [UInt8]
    /// Their names in lower case.
    private let setNames: [[UInt8]]
    private let viaName: String?
    /// How many bytes of a request are of these, at most.
    private let ownBytes: Int

    /// - Parameters:
    ///   - authority: the upstream's, for `Host`.
    ///   - pathPrefix: goes before each path; slashes at its end do not count. Not before `*`.
    ///   - preserveHost: send the caller's authority instead (when it has one).
    ///   - setFields: replace the caller's fields of the same name. `Host` replaces `authority`; fields that are never
    ///     relayed (framing, hop-by-hop, `Weir-*`) are left out. Whoever reads a configuration checks
    ///     names and values with ``FieldSyntax``; should a bad one come through, a field without a good name is
    ///     left out, and of values, `authority` and `pathPrefix` the bytes that could break a line are.
    ///   - via: the name to add to `Via`, nil for none.
    package init(
        authority: String, pathPrefix: String, preserveHost: Bool, setFields: [(name: String, value: String)],
        via: String? = nil
    ) {
        var authority = authority.utf8.filter { ASCII.isTargetByte($0) }
        var lines: [UInt8] = []
        var names: [[UInt8]] = []
        for (name, value) in setFields where FieldSyntax.isName(name) {
            let nameBytes = Array(name.utf8)
            let valueBytes = value.utf8.filter { ASCII.isFieldByte($0) }
            let known = KnownField(nameBytes.span, in: nameBytes.indices)
            if known == .host {
                authority = valueBytes.filter { ASCII.isTargetByte($0) }
            } else if !KnownFieldSet.neverRelayed.contains(known) {
                names.append(nameBytes.map { ASCII.lowercased($0) })
                lines += nameBytes + [ASCII.colon, ASCII.space] + valueBytes + [ASCII.cr, ASCII.lf]
            }
        }
        var prefix = pathPrefix.utf8.filter { ASCII.isTargetByte($0) && $0 != ASCII.questionMark }
        while prefix.last == ASCII.slash { prefix.removeLast() }
        if !prefix.isEmpty, prefix.first != ASCII.slash { prefix.insert(ASCII.slash, at: 0) }
        var lineEnd = Array(" HTTP/1.1\r\nHost: ".utf8)
        if !preserveHost { lineEnd += authority + [ASCII.cr, ASCII.lf] }
        self.pathPrefix = prefix
        self.lineEnd = lineEnd
        self.authority = authority
        self.preserveHost = preserveHost
        setLines = lines
        setNames = names
        let viaName = via.map { String(decoding: $0.utf8.filter { ASCII.isToken($0) }, as: UTF8.self) }
        self.viaName = viaName
        // A space, a slash and the CR LF of a preserved Host may come to them.
        ownBytes = prefix.count + lineEnd.count + authority.count + lines.count + (viaName?.utf8.count ?? 0) + 4
    }

    /// Writes a head: the request line anew in origin form, `Host`, the caller's end-to-end fields untouched and in
    /// their order, the fields to set, then the framing anew.
    ///
    /// `Expect` is relayed, unless the caller speaks HTTP/1.0, for which it means nothing (RFC 9110 10.1.1).
    package func write(_ head: RequestHead, into buffer: inout ByteBuffer) {
        let room = head.fields.maxWrittenBytes + ownBytes + OutputRawSpan.maxFraming + OutputRawSpan.maxVia
        buffer.writeWithOutputRawSpan(minimumWritableBytes: room) { output in
            writeTarget(head, into: &output)
            output.write(lineEnd)
            if preserveHost {
                if head.authorityRange.isEmpty {
                    output.write(authority)
                } else {
                    output.write(head.fields.bytes.readableBytesSpan.extracting(head.authorityRange))
                }
                output.writeCRLF()
            }
            head.fields.write(
                leading: 0..<0, dropping: head.version == .http10 ? Self.droppedHTTP10 : Self.dropped,
                replaced: setNames, into: &output)
            output.write(setLines)
            if let viaName { output.writeVia(head.version, viaName) }
            if head.upgradesToWebSocket { output.writeWebSocketUpgrade() }
            output.writeFraming(head.framing)
            output.writeCRLF()
        }
    }

    private func writeTarget(_ head: RequestHead, into output: inout OutputRawSpan) {
        let raw = head.fields.bytes.readableBytesSpan
        let target = head.target
        // Sent in the form we would write: method, space and target are one run.
        if target.form == .origin, pathPrefix.isEmpty {
            output.write(raw.extracting(0..<target.query.upperBound))
            return
        }
        output.write(raw.extracting(0..<head.methodEnd))
        output.write(ASCII.space)
        guard target.form != .asterisk else {
            output.write(ASCII.asterisk)
            return
        }
        output.write(pathPrefix)
        if target.path.isEmpty {
            output.write(ASCII.slash)
        } else {
            output.write(raw.extracting(target.path))
        }
        output.write(raw.extracting(target.query))
    }

    private static let dropped = KnownFieldSet.neverRelayed.union([.host])
    private static let droppedHTTP10 = dropped.union([.expect])
}
