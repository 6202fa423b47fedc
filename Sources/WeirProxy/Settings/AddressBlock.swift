/// An address, or all addresses that share its first bits: `10.0.0.7`, `10.0.0.0/8`, `2001:db8::/32`.
///
/// IPv4 addresses are the same whether they stand alone or within IPv6 (`::ffff:10.0.0.7`), which is how a listener on
/// `[::]` sees its IPv4 callers.
package struct AddressBlock: Hashable, Sendable, CustomStringConvertible {
    /// As it is written in a configuration, the address in its one form.
    package let description: String
    /// The bits that count, as an address within IPv6; the others are 0.
    private let bits: UInt128
    private let mask: UInt128

    /// Parses an address, or an address, a slash and how many of its bits count.
    ///
    /// Nil where bits beyond those that count are set (`10.0.0.7/8`): one of the two is a slip.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = IPAddress(String(first)),
            let bits = Self.widened(address.bytes[...])
        else { return nil }
        let width = address.bytes.count * 8
        var length = width
        if parts.count == 2 {
            let digits = parts[1].utf8
            guard (1...3).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }),
                digits.count == 1 || digits.first != UInt8(ascii: "0"), let given = Int(parts[1]), given <= width
            else { return nil }
            length = given
        }
        let free = width - length
        mask = free == 128 ? 0 : UInt128.max << UInt128(free)
        guard bits & ~mask == 0 else { return nil }
        self.bits = bits
        description = length == width ? address.description : "\(address)/\(length)"
    }

    /// Whether an address of 4 or 16 bytes, in the order of the network, lies within it; false for any other count.
    package func contains(_ bytes: some Collection<UInt8>) -> Bool {
        guard let address = Self.widened(bytes) else { return false }
        return address & mask == bits
    }

    /// Whether `address` lies within it.
    package func contains(_ address: IPAddress) -> Bool {
        contains(address.bytes)
    }

    /// 16 bytes as a number; 4 bytes as the IPv6 address that stands for them (RFC 4291 2.5.5.2).
    private static func widened(_ bytes: some Collection<UInt8>) -> UInt128? {
        let number = bytes.reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
        return switch bytes.count {
        case 4: 0xFFFF_0000_0000 | number
        case 16: number
        default: nil
        }
    }
}
