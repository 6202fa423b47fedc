internal import WeirCore
internal import WeirHTTP

extension Kind where Value == Rate {
    /// Permits per second, minute or hour.
    static var rate: Kind {
        Kind(
            takes: "rate such as 8/s", schema: .pattern("(?=[^/]*[1-9])[0-9]{1,10}(?:\\.[0-9]{1,9})?/[smh]"),
            read: { cursor in
                cursor.read(RateText.expected) { text throws(Mismatch) in try RateText.parse(text) }
            },
            write: { .text(RateText.text($0)) })
    }
}

extension Kind where Value == KeySource {
    /// The part of a call that a key is made of.
    static var keySource: Kind {
        let expected = "header:NAME, query:NAME, cookie:NAME, path:NAME or client_ip"
        return Kind(
            takes: "`header:NAME` `query:NAME` `cookie:NAME` `path:NAME` `client_ip`",
            schema: .pattern(
                "client_ip|(?:header|cookie):[!#$%&'*+.^_`|~0-9A-Za-z-]+|query:\(NamePattern.query)"
                    + "|path:[!-)+-.0-z|~]+"),
            read: { cursor in
                cursor.read(expected) { text throws(Mismatch) in
                    guard let source = KeySource(text) else { throw Mismatch(expected: expected) }
                    return source
                }
            },
            write: { .text($0.text) })
    }
}

extension Kind where Value == [KeySource] {
    /// One part of a call, or a list of them.
    static var keySources: Kind {
        let list = Kind.list(of: Kind<KeySource>.keySource, isEmptyAllowed: false, twice: "this part is given twice")
        let one = Kind<KeySource>.keySource
        return Kind(
            takes: "\(one.takes), or a list of them", schema: .anyOf([one.schema, list.schema]),
            read: { cursor in
                if case .sequence = cursor.node.content { list.read(cursor) } else { one.read(cursor).map { [$0] } }
            },
            write: { $0.count == 1 ? one.write($0[0]) : list.write($0) })
    }
}

/// Patterns of names that stand in a URL.
enum NamePattern {
    /// The name of a query parameter.
    static let query = "[!\"$%'-<>-~]+"
}

extension KeySource {
    /// As it is written in a configuration.
    init?(_ text: String) {
        if text == "client_ip" {
            self = .clientIP
            return
        }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[1].isEmpty else { return nil }
        let name = parts[1]
        switch parts[0] {
        case "header" where FieldSyntax.isName(name): self = .header(name)
        case "cookie" where FieldSyntax.isName(name): self = .cookie(name)
        case "query" where KeySource.isQueryName(name): self = .query(name)
        case "path" where name.utf8.allSatisfy({ $0.isVisible && !"{}*/".utf8.contains($0) }): self = .path(name)
        default: return nil
        }
    }

    /// As it is written in a configuration.
    var text: String {
        switch self {
        case .header(let name): "header:\(name)"
        case .query(let name): "query:\(name)"
        case .cookie(let name): "cookie:\(name)"
        case .path(let name): "path:\(name)"
        case .clientIP: "client_ip"
        }
    }

    /// Whether a query parameter can have this name, as it stands in a URL.
    static func isQueryName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy { $0.isVisible && !"&=#".utf8.contains($0) }
    }
}
