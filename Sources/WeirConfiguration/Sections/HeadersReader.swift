internal import WeirHTTP
internal import WeirProxy

/// Reads `request_headers`: any names, secret values.
enum HeadersReader {
    /// Fields that belong to a connection, frame a message or are Weir's to write.
    private static let reserved: Set<String> = [
        "connection", "content-length", "expect", "host", "keep-alive", "proxy-authenticate", "proxy-authorization",
        "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    ]

    /// Names that a schema refuses, in any case.
    static var refusedNames: String {
        (reserved.sorted() + ["weir-.*"]).map { name in
            name.map { $0.isLetter ? "[\($0.uppercased())\($0)]" : "\($0)" }.joined()
        }.joined(separator: "|")
    }

    static func read(_ cursor: Cursor) -> [HeaderSetting] {
        guard case .mapping(let entries) = cursor.node.content else {
            cursor.mismatch("a mapping of header names to values")
            return []
        }
        var names: Set<String> = []
        return entries.compactMap { entry in
            let name = entry.key.lowercased()
            if let fault = fault(name) {
                cursor.report.problem(at: entry.position, path: cursor.path, "\(quoted(entry.key)) \(fault)")
                return nil
            }
            if !names.insert(name).inserted {
                cursor.report.problem(
                    at: entry.position, path: cursor.path, "the header \(quoted(entry.key)) is given twice")
            }
            var value = cursor.child(entry.key, entry.value)
            value.isSecret = true
            let expected = "a header value without control characters"
            return value.read(expected) { text throws(Mismatch) in
                guard FieldSyntax.isValue(text) else { throw Mismatch(expected: expected) }
                return HeaderSetting(name: entry.key, value: text)
            }
        }
    }

    private static func fault(_ name: String) -> String? {
        if !FieldSyntax.isName(name) { return "is not a header name" }
        if name.hasPrefix("weir-") { return "cannot be set: Weir-* headers are never forwarded" }
        if reserved.contains(name) { return "cannot be set: Weir writes it itself" }
        return nil
    }
}

extension Kind where Value == [HeaderSetting] {
    /// Header names and their values, which are never shown.
    static var headers: Kind {
        Kind(
            takes: "mapping of header names to values",
            schema: [
                "type": "object",
                "propertyNames": .pattern("(?!(?:\(HeadersReader.refusedNames))$)[!#$%&'*+.^_`|~0-9A-Za-z-]+"),
                "additionalProperties": [
                    "type": ["string", "number", "boolean"],
                    "pattern": "^[^\\u0000-\\u0008\\u000a-\\u001f\\u007f]*$",
                ],
            ],
            isScalar: false, read: { HeadersReader.read($0) },
            write: { .object($0.map { JSONValue.Member(name: $0.name, value: Place.redacted) }) })
    }
}
