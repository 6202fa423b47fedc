internal import WeirProxy

/// Where a provider is: `https://api.example.com`, `http://10.0.0.1:8080/prefix`, `unix:/run/app.sock`.
enum URLText {
    static let expected = "a URL such as https://api.example.com, http://10.0.0.1:8080 or unix:/run/app.sock"

    /// An absolute URL without user information, query and fragment. A slash at the end of its path is dropped.
    static func parse(_ text: String) throws(Mismatch) -> UpstreamURL {
        if text.hasPrefix("unix:") {
            let path = try AddressText.socketPath(text.dropFirst(5), expected: expected)
            return UpstreamURL(transport: .unix(path: path))
        }
        // Before all else: a problem with any other part must not show a password or a key.
        guard !text.utf8.contains(UInt8(ascii: "@")) else {
            throw Mismatch(expected: "a URL without user information", conceals: true)
        }
        guard !text.utf8.contains(UInt8(ascii: "?")), !text.utf8.contains(UInt8(ascii: "#")) else {
            throw Mismatch(expected: "a URL without query and fragment", conceals: true)
        }
        guard let mark = text.firstRange(of: "://") else { throw Mismatch(expected: expected) }
        let rest = text[mark.upperBound...]
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        guard let authority = HostText(String(rest[..<slash])), authority.port != 0 else {
            throw Mismatch(expected: expected)
        }
        let prefix = try pathPrefix(rest[slash...])
        switch text[..<mark.lowerBound].lowercased() {
        case "http":
            return UpstreamURL(
                transport: .http(host: authority.host, port: authority.port ?? 80), pathPrefix: prefix)
        case "https":
            return UpstreamURL(
                transport: .https(host: authority.host, port: authority.port ?? 443), pathPrefix: prefix)
        default:
            throw Mismatch(expected: expected)
        }
    }

    private static func pathPrefix(_ text: Substring) throws(Mismatch) -> String {
        var bytes = Array(text.utf8)
        guard isPath(bytes) else { throw Mismatch(expected: "a URL whose path is written as it goes on the wire") }
        while bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Visible ASCII that RFC 3986 allows in a path, every `%` followed by two hex digits.
    private static func isPath(_ bytes: [UInt8]) -> Bool {
        for (index, byte) in bytes.enumerated() {
            guard byte.isVisible, !"\"<>\\^`{|}[]".utf8.contains(byte) else { return false }
            if byte == UInt8(ascii: "%") {
                let digits = bytes.dropFirst(index + 1).prefix(2)
                guard digits.count == 2, digits.allSatisfy(\.isHexDigit) else { return false }
            }
        }
        return true
    }
}
