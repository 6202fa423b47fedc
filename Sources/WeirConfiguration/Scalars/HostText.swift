internal import WeirProxy

/// The host of an authority, with an optional port: `api.example.com`, `10.0.0.1:8080`, `[::1]:8080`.
struct HostText {
    /// Lower case; an IPv6 literal without its brackets.
    let host: String
    /// 0...65535, or nil where none is written.
    let port: Int?

    /// The host as it stands in a `Host` field: an IPv6 literal in brackets.
    var bracketed: String { host.contains(":") ? "[\(host)]" : host }

    /// Parses an authority without user information.
    init?(_ text: String) {
        let name: Substring
        let rest: Substring
        if text.utf8.first == UInt8(ascii: "[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            name = text[text.index(after: text.startIndex)..<end]
            rest = text[text.index(after: end)...]
            guard name.utf8.contains(UInt8(ascii: ":")), let literal = IPAddress(String(name)) else { return nil }
            host = literal.description
        } else {
            let colon = text.firstIndex(of: ":") ?? text.endIndex
            name = text[..<colon]
            rest = text[colon...]
            let isName = name.utf8.allSatisfy { $0.isLetterOrDigit || "-._~".utf8.contains($0) }
            guard isName, (1...253).contains(name.utf8.count) else { return nil }
            // Digits and dots only: an address, and then a whole one.
            let isAddress = name.utf8.allSatisfy { $0.isDigit || $0 == UInt8(ascii: ".") }
            guard !isAddress || IPAddress(String(name)) != nil else { return nil }
            host = name.lowercased()
        }
        guard !rest.isEmpty else {
            port = nil
            return
        }
        let digits = rest.dropFirst()
        guard rest.first == ":", (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy(\.isDigit),
            let number = Int(digits), number <= 65535
        else { return nil }
        port = number
    }
}

extension Cursor {
    /// A list of host names; case and port are dropped.
    func hosts() -> [String]? {
        guard let elements = list() else { return nil }
        var hosts: [String] = []
        for element in elements {
            let expected = "a host such as api.example.com"
            let host = element.read(expected) { text throws(Mismatch) in
                guard let host = HostText(text) else { throw Mismatch(expected: expected) }
                return host.bracketed
            }
            guard let host else { continue }
            if hosts.contains(host) { element.problem("this host is given twice") }
            hosts.append(host)
        }
        return hosts
    }
}
