/// A request to the admin endpoint.
package struct AdminRequest: Sendable, Equatable {
    /// A name and a value, of a header field or of an item of the query.
    package struct Field: Sendable, Equatable {
        package let name: String
        package let value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The method as sent; methods are case-sensitive.
    package let method: String
    /// The path, percent-decoded.
    package let path: String
    /// The items of the query in order, percent-decoded, `+` read as a space.
    package let query: [Field]
    /// `HTTP/1.0` or `HTTP/1.1`.
    package let version: String
    /// The header fields in order.
    package let headers: [Field]
    /// The body, as far as it has come: at most `AdminRoutes.maxBody` bytes.
    package var body: [UInt8] = []
    /// The authority of an absolute-form target, which outranks `Host`.
    private let targetAuthority: String?

    /// A request with the target of its request line, in origin form (`/status?upstream=a`) or absolute form.
    package init(method: String, target: String, version: String, headers: [Field]) {
        self.method = method
        self.version = version
        self.headers = headers
        var rest = Substring(target)
        if rest.prefix(7).lowercased() == "http://" {
            rest = rest.dropFirst(7)
            let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
            targetAuthority = String(rest[..<end])
            rest = rest[end...]
        } else {
            targetAuthority = nil
        }
        let parts = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = parts.first.map { $0.isEmpty ? "/" : Self.decoded($0) } ?? "/"
        query = (parts.count > 1 ? parts[1] : "").split(separator: "&").map { item in
            let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return Field(
                name: Self.decoded(pair[0], plusIsSpace: true),
                value: pair.count > 1 ? Self.decoded(pair[1], plusIsSpace: true) : "")
        }
    }

    /// The authorities it claims to be meant for: none, one, or, of a request that shall be refused, several.
    package var authorities: [String] {
        targetAuthority.map { [$0] } ?? values("Host")
    }

    /// The values of all header fields of that name, whatever their case.
    package func values(_ name: String) -> [String] {
        headers.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }

    /// The values of all items of the query of that name.
    package func queryValues(_ name: String) -> [String] {
        query.filter { $0.name == name }.map(\.value)
    }

    /// The value of the first item of the query of that name.
    package func queryValue(_ name: String) -> String? {
        query.first { $0.name == name }?.value
    }

    /// `text` with its percent escapes decoded; a malformed one stands for itself.
    private static func decoded(_ text: Substring, plusIsSpace: Bool = false) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let value = hexByte(rest.prefix(2)) {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") && plusIsSpace ? UInt8(ascii: " ") : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func hexByte(_ digits: Substring.UTF8View) -> UInt8? {
        guard digits.count == 2 else { return nil }
        var value: UInt8 = 0
        for digit in digits {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | (digit &- UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | (digit &- UInt8(ascii: "a") &+ 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | (digit &- UInt8(ascii: "A") &+ 10)
            default: return nil
            }
        }
        return value
    }
}
