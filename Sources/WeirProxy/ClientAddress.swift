internal import NIOCore
internal import WeirHTTP

/// Whose call it is: the address that `client_ip` stands for.
enum ClientAddress {
    /// The address of the connection's other end, or, where that is a trusted proxy, the last address in
    /// `X-Forwarded-For` that is not one. What stands before that is not believed: anyone can write it. Nil on a unix
    /// socket, and where a trusted proxy says what is no address.
    static func of(_ head: RequestHead, peer: SocketAddress?, trusted: [AddressBlock]) -> String? {
        guard let text = peer?.ipAddress, let direct = IPAddress(text) else { return nil }
        var nearest: IPAddress? = direct
        guard isTrusted(direct, trusted) else { return direct.description }
        head.walkForwardedFor { member in
            nearest = IPAddress(String(decoding: member))
            return nearest.map { isTrusted($0, trusted) } ?? false
        }
        return nearest?.description
    }

    private static func isTrusted(_ address: IPAddress, _ trusted: [AddressBlock]) -> Bool {
        trusted.contains { $0.contains(address) }
    }
}

extension String {
    /// The text that these bytes are; what is not UTF-8 is replaced.
    init(decoding bytes: Span<UInt8>) {
        var copy: [UInt8] = []
        copy.reserveCapacity(bytes.count)
        for index in bytes.indices { copy.append(bytes[index]) }
        self.init(decoding: copy, as: UTF8.self)
    }
}
