/// The guard against DNS rebinding: a page of a stranger's site can make a browser send requests here by letting its
/// own name resolve to this address, but then that name stands in `Host`. Hence only authorities that no stranger can
/// own are accepted. It holds on a unix socket too, where clients send `localhost`.
enum HostRule {
    /// Whether `authority`, with or without a port, is an IP literal, `localhost`, or one of `names`.
    static func accepts(_ authority: String, names: [String]) -> Bool {
        guard let host = host(of: authority) else { return false }
        return isIPv4(host) || isIPv6(host) || host == "localhost" || names.contains { $0.lowercased() == host }
    }

    /// The authority without its port, in lower case and without the dot that ends a fully qualified name. `nil` if
    /// what follows the host is no port.
    private static func host(of authority: String) -> String? {
        let end: String.Index
        if authority.hasPrefix("[") {
            guard let bracket = authority.firstIndex(of: "]") else { return nil }
            end = authority.index(after: bracket)
        } else {
            end = authority.firstIndex(of: ":") ?? authority.endIndex
        }
        let port = authority[end...]
        guard port.isEmpty || port.first == ":" && port.utf8.dropFirst().allSatisfy(isDigit) else { return nil }
        let host = authority[..<end].lowercased()
        return host.hasSuffix(".") ? String(host.dropLast()) : host
    }

    /// Four decimal numbers up to 255. Browsers turn every other way to write an address into this.
    private static func isIPv4(_ host: String) -> Bool {
        let parts = host.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { $0.count <= 3 && $0.allSatisfy(isDigit) && UInt8(Substring($0)) != nil }
    }

    /// An IPv6 literal by its looks. Brackets suffice to tell it from any name, which is what matters here.
    private static func isIPv6(_ host: String) -> Bool {
        guard host.hasPrefix("["), host.hasSuffix("]") else { return false }
        let inner = host.utf8.dropFirst().dropLast()
        return inner.contains(UInt8(ascii: ":"))
            && inner.allSatisfy {
                isDigit($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
                    || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
            }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
