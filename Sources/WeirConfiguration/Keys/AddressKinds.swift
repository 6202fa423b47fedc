internal import WeirCore
internal import WeirHTTP
internal import WeirProxy

/// The pieces of patterns for addresses. A schema is content with the looks of an IPv6 address.
private enum Piece {
    static let port = "(?:[0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
    static let byte = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
    static let four = "\(byte)(?:\\.\(byte)){3}"
    static let six = "[0-9A-Fa-f:]*:[0-9A-Fa-f:]*(?:\(four))?"
    /// A name is not made of digits and dots alone.
    static let name = "(?![0-9.]*(?:[:/]|$))[A-Za-z0-9._~-]{1,253}"
    static let host = "(?:\(four)|\\[\(six)\\]|\(name))"
    /// A host, and where one is written a port other than 0.
    static let authority = "\(host)(?::(?!0+(?:/|$))\(port))?"
    static let path = "(?:/(?:[!$&-;=A-Z_a-z~]|%[0-9A-Fa-f]{2})*)?"
    static let socket = "/[^\\u0000-\\u001f]{1,106}"
}

extension Kind where Value == ListenAddress {
    /// Where to listen; a warning where others than this machine can come.
    static var address: Kind {
        Kind(
            takes: "address",
            schema: .pattern("(?:localhost|\(Piece.four)|\\[\(Piece.six)\\]):\(Piece.port)|unix:\(Piece.socket)"),
            read: { $0.listenAddress() },
            write: { .text($0.description) })
    }
}

extension Kind where Value == [String] {
    /// Host names; case and port are dropped.
    static var hosts: Kind {
        Kind(
            takes: "list of hosts",
            schema: [
                "type": "array",
                "items": .anyOf([
                    .pattern("\(Piece.host)(?::\(Piece.port))?", or: ["boolean"]), .reference("environment"),
                ]),
            ],
            isScalar: false,
            read: { $0.hosts() },
            write: { .list($0.map { .text($0) }) })
    }
}

extension Kind where Value == UpstreamURL {
    /// Where a provider is.
    static var url: Kind {
        Kind(
            takes: "URL: `http`, `https` or `unix`",
            schema: .pattern(
                "[Hh][Tt][Tt][Pp][Ss]?://\(Piece.authority)\(Piece.path)|unix:\(Piece.socket)"),
            read: { $0.read(URLText.expected) { text throws(Mismatch) in try URLText.parse(text) } },
            write: { .text($0.description) })
    }
}

extension Kind where Value == RedisAddress {
    /// Where a Redis server is; never shown as it stands.
    static var redis: Kind {
        Kind(
            takes: "URL: `redis`, `rediss` or `redis+unix`",
            schema: .pattern(
                "rediss?://(?:[^@/?#]*@)?\(Piece.authority)(?:/(?:[0-9]{1,3})?)?"
                    + "|redis\\+unix://(?:[^@/?#]*@)?/[^@?#\\u0000-\\u001f]{1,106}(?:\\?db=[0-9]{1,3})?"),
            read: { $0.read(RedisText.expected) { text throws(Mismatch) in try RedisText.parse(text) } },
            write: { .text($0.description) })
    }
}

extension Kind where Value == AddressBlock {
    /// An address or a CIDR block.
    static var block: Kind {
        let expected = "an address or a block such as 10.0.0.7, 10.0.0.0/8 or fd00::/8 (without bits beyond the prefix)"
        return Kind(
            takes: "address or CIDR block",
            schema: .pattern(
                "\(Piece.four)(?:/(?:3[0-2]|[12]?[0-9]))?|\(Piece.six)(?:/(?:12[0-8]|1[01][0-9]|[1-9]?[0-9]))?"),
            read: { cursor in
                let block = cursor.read(expected) { text throws(Mismatch) in
                    guard let block = AddressBlock(text) else { throw Mismatch(expected: expected) }
                    return block
                }
                if block?.description.hasSuffix("/0") == true {
                    cursor.warning("believes what anyone says of the caller's address")
                }
                return block
            },
            write: { .text($0.description) })
    }
}

extension Kind where Value == String {
    /// A field name of HTTP.
    static var headerName: Kind {
        .text("a header name", pattern: "[!#$%&'*+.^_`|~0-9A-Za-z-]+") { FieldSyntax.isName($0) }
    }

    /// A method; they are compared letter by letter, and none in use has a small one.
    static var method: Kind {
        .text("a method in capitals such as GET", pattern: "[!#$%&'*+.^_`|~0-9A-Z-]+", or: ["number"]) {
            FieldSyntax.isName($0) && !$0.utf8.contains { (0x61...0x7A).contains($0) }
        }
    }
}
