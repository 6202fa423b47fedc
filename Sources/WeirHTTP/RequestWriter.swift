package import NIOCore

/// Writes requests for an upstream. Everything that depends on the upstream alone is rendered once, here.
package struct RequestWriter: Sendable {
    private let pathPrefix: ByteBuffer
    /// ` HTTP/1.1`, CR LF, `Host: `; and the upstream's authority and CR LF unless that is the caller's.
    private let lineEnd: ByteBuffer
    private let authority: ByteBuffer
    private let preserveHost: Bool
    /// The lines of the fields to set.
    private let setLines: ByteBuffer
    /// Their names in lower case.
    private let setNames: [[UInt8]]
    private let viaName: String?

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
        var lines = ByteBuffer()
        var names: [[UInt8]] = []
        for (name, value) in setFields where FieldSyntax.isName(name) {
            let nameBytes = Array(name.utf8)
            let valueBytes = value.utf8.filter { ASCII.isFieldByte($0) }
            let known = KnownField(nameBytes.span, in: nameBytes.indices)
            if known == .host {
                authority = valueBytes.filter { ASCII.isTargetByte($0) }
            } else if !KnownFieldSet.neverRelayed.contains(known) {
                names.append(nameBytes.map { ASCII.lowercased($0) })
                lines.writeBytes(nameBytes)
                lines.writeStaticString(": ")
                lines.writeBytes(valueBytes)
                lines.writeCRLF()
            }
        }
        var prefix = pathPrefix.utf8.filter { ASCII.isTargetByte($0) && $0 != ASCII.questionMark }
        while prefix.last == ASCII.slash { prefix.removeLast() }
        if !prefix.isEmpty, prefix.first != ASCII.slash { prefix.insert(ASCII.slash, at: 0) }
        var lineEnd = ByteBuffer(string: " HTTP/1.1\r\nHost: ")
        if !preserveHost {
            lineEnd.writeBytes(authority)
            lineEnd.writeCRLF()
        }
        self.pathPrefix = ByteBuffer(bytes: prefix)
        self.lineEnd = lineEnd
        self.authority = ByteBuffer(bytes: authority)
        self.preserveHost = preserveHost
        setLines = lines
        setNames = names
        viaName = via.map { String(decoding: $0.utf8.filter { ASCII.isToken($0) }, as: UTF8.self) }
    }

    /// Writes a head: the request line anew in origin form, `Host`, the caller's end-to-end fields untouched and in
    /// their order, the fields to set, then the framing anew.
    ///
    /// `Expect` is relayed, unless the caller speaks HTTP/1.0, for which it means nothing (RFC 9110 10.1.1).
    package func write(_ head: RequestHead, into buffer: inout ByteBuffer) {
        let fields = head.fields
        buffer.reserveCapacity(
            minimumWritableBytes: fields.bytes.readableBytes + pathPrefix.readableBytes + lineEnd.readableBytes
                + authority.readableBytes + setLines.readableBytes + 128)
        writeTarget(head, into: &buffer)
        buffer.writeImmutableBuffer(lineEnd)
        if preserveHost {
            if head.authorityRange.isEmpty {
                buffer.writeImmutableBuffer(authority)
            } else {
                buffer.writeBytes(fields.bytes.readableBytesSpan.extracting(head.authorityRange))
            }
            buffer.writeCRLF()
        }
        fields.write(
            leading: 0..<0, dropping: head.version == .http10 ? Self.droppedHTTP10 : Self.dropped,
            replaced: setNames, into: &buffer)
        if setLines.readableBytes > 0 { buffer.writeImmutableBuffer(setLines) }
        if let viaName { buffer.writeVia(head.version, viaName) }
        if head.upgradesToWebSocket { buffer.writeWebSocketUpgrade() }
        buffer.writeFraming(head.framing)
        buffer.writeCRLF()
    }

    private func writeTarget(_ head: RequestHead, into buffer: inout ByteBuffer) {
        let raw = head.fields.bytes.readableBytesSpan
        let target = head.target
        // Sent in the form we would write: method, space and target are one run.
        if target.form == .origin, pathPrefix.readableBytes == 0 {
            buffer.writeBytes(raw.extracting(0..<target.query.upperBound))
            return
        }
        buffer.writeBytes(raw.extracting(0..<head.methodEnd))
        buffer.writeInteger(ASCII.space)
        guard target.form != .asterisk else {
            buffer.writeInteger(ASCII.asterisk)
            return
        }
        if pathPrefix.readableBytes > 0 { buffer.writeImmutableBuffer(pathPrefix) }
        if target.path.isEmpty {
            buffer.writeInteger(ASCII.slash)
        } else {
            buffer.writeBytes(raw.extracting(target.path))
        }
        if !target.query.isEmpty { buffer.writeBytes(raw.extracting(target.query)) }
    }

    private static let dropped = KnownFieldSet.neverRelayed.union([.host])
    private static let droppedHTTP10 = dropped.union([.expect])
}
