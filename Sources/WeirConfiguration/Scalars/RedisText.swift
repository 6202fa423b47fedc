internal import WeirCore
internal import WeirProxy

/// Where a Redis server is: `redis://127.0.0.1:6379/0`, `rediss://user:password@host`,
/// `redis+unix:///run/redis.sock?db=1`. What is wrong with one is said without showing it: it may hold a password.
enum RedisText {
    static let expected = "a URL such as redis://127.0.0.1:6379/0, rediss://host or redis+unix:///run/redis.sock"

    /// What Redis can be configured for at most, less one.
    private static let databases = 0...999

    static func parse(_ text: String) throws(Mismatch) -> RedisAddress {
        let mismatch = Mismatch(expected: expected, conceals: text.utf8.contains(UInt8(ascii: "@")))
        guard let mark = text.firstRange(of: "://") else { throw mismatch }
        let rest = text[mark.upperBound...]
        let at = rest.firstIndex(of: "@")
        let place = at.map { rest[rest.index(after: $0)...] } ?? rest
        guard !place.contains("@"), !place.contains("#") else { throw mismatch }
        let userinfo = try userinfo(at.map { rest[..<$0] }, mismatch)
        switch text[..<mark.lowerBound] {
        case "redis", "rediss":
            let slash = place.firstIndex(of: "/") ?? place.endIndex
            guard let authority = HostText(String(place[..<slash])), authority.port != 0,
                let database = database(place[slash...].dropFirst())
            else { throw mismatch }
            let port = authority.port ?? 6379
            return RedisAddress(
                transport: text.hasPrefix("rediss:")
                    ? .tls(host: authority.host, port: port) : .tcp(host: authority.host, port: port),
                database: database, user: userinfo.user, password: userinfo.password)
        case "redis+unix":
            let parts = place.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
            let query = parts.count == 2 ? parts[1] : "db=0"
            guard query.hasPrefix("db="), query.count > 3, let database = database(query.dropFirst(3)) else {
                throw mismatch
            }
            let path = try AddressText.socketPath(parts[0], expected: expected)
            return RedisAddress(
                transport: .unix(path: path), database: database, user: userinfo.user, password: userinfo.password)
        default: throw mismatch
        }
    }

    private static func database(_ text: Substring) -> Int? {
        if text.isEmpty { return 0 }
        guard text.utf8.count <= 3, text.utf8.allSatisfy(\.isDigit), let number = Int(text) else { return nil }
        return databases.contains(number) ? number : nil
    }

    /// `user:password`, `:password` or `user`, percent-decoded (RFC 3986 3.2.1).
    private static func userinfo(
        _ text: Substring?, _ mismatch: Mismatch
    ) throws(Mismatch) -> (user: String?, password: String?) {
        guard let text, !text.isEmpty else { return (nil, nil) }
        guard !text.utf8.contains(where: { "/?".utf8.contains($0) }) else { throw mismatch }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        var decoded: [String] = []
        for part in parts {
            guard let text = percentDecoded(part) else { throw mismatch }
            decoded.append(text)
        }
        let user = decoded[0].isEmpty ? nil : decoded[0]
        return (user, decoded.count == 2 && !decoded[1].isEmpty ? decoded[1] : nil)
    }

    private static func percentDecoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            guard digits.count == 2, digits.allSatisfy(\.isHexDigit), let value = UInt8(Substring(digits), radix: 16)
            else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
