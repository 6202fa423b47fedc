import Testing
import WeirProxy

@Suite("Blocks of addresses")
struct AddressBlockTests {
    private func contains(_ block: String, _ address: String) throws -> Bool {
        try #require(AddressBlock(block)).contains(try #require(IPAddress(address)))
    }

    @Test(
        "An address lies within a block or beyond its edge",
        arguments: [
            ("10.0.0.0/8", "10.0.0.0", true), ("10.0.0.0/8", "10.255.255.255", true),
            ("10.0.0.0/8", "9.255.255.255", false), ("10.0.0.0/8", "11.0.0.0", false),
            ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.6", false), ("192.0.2.7/32", "192.0.2.8", false),
            ("10.0.0.128/25", "10.0.0.128", true), ("10.0.0.128/25", "10.0.0.127", false),
            ("0.0.0.0/0", "255.255.255.255", true), ("0.0.0.0/0", "2001:db8::1", false), ("::/0", "1.2.3.4", true),
            ("fd00::/8", "fdff::1", true), ("fd00::/8", "fe00::", false), ("2001:db8::/33", "2001:db8:8000::", false),
            ("2001:db8::/33", "2001:db8:7fff::", true), ("::1", "::1", true), ("::1", "::2", false),
            // As a listener on [::] sees its IPv4 callers.
            ("10.0.0.0/8", "::ffff:10.1.2.3", true), ("::ffff:10.0.0.0/104", "10.1.2.3", true),
            ("10.0.0.0/8", "::10.1.2.3", false),
        ])
    func contains(block: String, address: String, isWithin: Bool) throws {
        #expect(try contains(block, address) == isWithin)
    }

    @Test(
        "What is no block is refused",
        arguments: [
            "", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/-1", "10.0.0.0/8/8", "10.0.0.0 /8",
            "10.0.0.7/8", "::1/127", "::/129", "10.0.0", "localhost", "[::1]", "10.0.0.0/+8", "fd00::/9x",
        ])
    func refused(text: String) {
        #expect(AddressBlock(text) == nil)
    }

    @Test("Bytes that are no address lie within none")
    func noAddress() throws {
        let everything = try #require(AddressBlock("::/0"))
        for count in 0...17 where count != 4 && count != 16 {
            #expect(!everything.contains([UInt8](repeating: 0, count: count)))
        }
        #expect(everything.contains([UInt8](repeating: 0, count: 16)))
    }

    @Test("A block is written in its one form")
    func description() {
        #expect(AddressBlock("FD00:0:0::/8")?.description == "fd00::/8")
        #expect(AddressBlock("10.0.0.7/32")?.description == "10.0.0.7")
    }
}
