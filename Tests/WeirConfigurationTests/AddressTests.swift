import Testing
import WeirConfiguration
import WeirProxy

@Suite("Addresses to listen on")
struct AddressTests {
    @Test(
        "An address is read in its one form",
        arguments: [
            ("127.0.0.1:8082", .tcp(host: "127.0.0.1", port: 8082)), ("localhost:0", .tcp(host: "127.0.0.1", port: 0)),
            ("\"[::1]:8081\"", .tcp(host: "::1", port: 8081)),
            ("127.9.9.9:65535", .tcp(host: "127.9.9.9", port: 65535)),
            ("\"[0:0:0:0:0:0:0:1]:1\"", .tcp(host: "::1", port: 1)),
            ("\"[::ffff:127.0.0.1]:1\"", .tcp(host: "::ffff:7f00:1", port: 1)),
            ("unix:/run/weir/admin.sock", .unix(path: "/run/weir/admin.sock")),
        ] as [(String, ListenAddress)])
    func good(text: String, address: ListenAddress) throws {
        let text = withUpstream("") + "\nadmin: { listen: \(text) }\n"
        #expect(try settings(text).admin.listen == address)
        #expect(warnings(text) == [])
    }

    @Test(
        "What is no address is refused",
        arguments: [
            "8081", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:8o81", "127.0.0.01:80",
            "256.0.0.1:80", "1.2.3:80", "1.2.3.4.5:80", "::1:8081", "[::1]", "[::1]8081", "[127.0.0.1]:80", "[:::]:80",
            "[1::2::3]:80", "[1:2:3:4:5:6:7]:80", "[1:2:3:4:5:6:7:8:9]:80", "[1:2:3:4:5:6:7:8::]:80", "[g::1]:80",
            "[::1%eth0]:80", "[12345::]:80", "[::1.2.3]:80", "[1.2.3.4::]:80", "[]:80", "[:80", "example.com:80",
            ":8081", "*:8081", "unix:", "unix:weir.sock", "unix:/", "", "http://127.0.0.1:80", "127.0.0.1:80 ",
        ])
    func bad(text: String) {
        let expected = "expected an address such as 127.0.0.1:8081, [::1]:8081 or unix:/run/weir.sock"
        #expect(
            problems("admin: { listen: '\(text)' }\n" + withUpstream("")) == [
                "weir.yaml:1:18: admin.listen: \(expected), found \"\(text)\""
            ])
    }

    @Test("A socket path that no socket can have is refused")
    func longPath() {
        func text(_ length: Int) -> String {
            "admin: { listen: unix:/\(String(repeating: "x", count: length - 1)) }\n" + withUpstream("")
        }
        #expect(problems(text(107)) == [])
        #expect(problems(text(108)).first?.contains("expected a socket path of at most 107 bytes") == true)
    }

    @Test(
        "An address that others can reach is a warning",
        arguments: ["0.0.0.0:8081", "10.1.2.3:8081", "'[::]:8081'", "'[2001:DB8::1]:8081'", "'[::ffff:10.0.0.1]:80'"])
    func notLoopback(text: String) {
        let text = "upstreams: [{ name: a, url: http://x, listen: \(text) }]"
        #expect(
            warnings(text) == [
                "weir.yaml:1:47: upstreams[0].listen: is not a loopback address: whoever reaches it can use it"
            ])
    }

    @Test("An IPv6 address is written as RFC 5952 has it")
    func canonical() throws {
        func host(_ text: String) throws -> ListenAddress {
            try settings(withUpstream("") + "\nadmin: { listen: \"[\(text)]:1\" }\n").admin.listen
        }
        #expect(try host("2001:DB8:0:0:1:0:0:1") == .tcp(host: "2001:db8::1:0:0:1", port: 1))
        #expect(try host("2001:db8:0:1:1:1:1:1") == .tcp(host: "2001:db8:0:1:1:1:1:1", port: 1))
        #expect(try host("1:0:0:2:0:0:0:3") == .tcp(host: "1:0:0:2::3", port: 1))
        #expect(try host("fe80::") == .tcp(host: "fe80::", port: 1))
        #expect(try host("::") == .tcp(host: "::", port: 1))
    }
}
