import Testing
import WeirConfiguration
import WeirProxy

@Suite("Upstreams")
struct UpstreamTests {
    @Test("There is at least one upstream")
    func none() {
        #expect(
            problems("upstreams: []") == [
                "weir.yaml:1:12: upstreams: expected at least one upstream, found an empty list"
            ])
        #expect(problems("upstreams: ") == ["weir.yaml:1:1: missing key \"upstreams\""])
        #expect(problems("upstreams: {}") == ["weir.yaml:1:12: upstreams: expected a list, found a mapping"])
    }

    @Test("Names are unique")
    func names() {
        let text = """
            upstreams:
              - { name: a, listen: 127.0.0.1:1, url: http://x }
              - { name: a, listen: 127.0.0.1:2, url: http://x }
            """
        #expect(problems(text) == ["weir.yaml:3:13: upstreams[1].name: expected a name of its own, found \"a\""])
    }

    @Test("One upstream of a listener may be without hosts")
    func listeners() {
        let text = """
            upstreams:
              - { name: a, listen: 127.0.0.1:1, url: http://x }
              - { name: b, listen: localhost:1, url: http://x, hosts: [b] }
              - { name: c, listen: 127.0.0.1:1, url: http://x, hosts: [] }
              - { name: d, listen: 127.0.0.1:1, url: http://x, hosts: [d, B:80, D] }
              - { name: e, listen: 127.0.0.1:2, url: http://x, hosts: [b] }
              - { name: f, listen: unix:/run/f, url: http://x }
              - { name: g, listen: unix:/run/f, url: http://x }
            """
        #expect(
            problems(text) == [
                "weir.yaml:4:24: upstreams[2].listen: is also the address of upstreams[0]:"
                    + " one of them at most may be without hosts",
                "weir.yaml:5:63: upstreams[3].hosts[1]: is also a host of upstreams[1], which has the same address",
                "weir.yaml:5:69: upstreams[3].hosts[2]: this host is given twice",
                "weir.yaml:8:24: upstreams[6].listen: is also the address of upstreams[5]:"
                    + " one of them at most may be without hosts",
            ])
    }

    @Test("The admin address is its own, given or not")
    func adminAddress() {
        #expect(
            problems("upstreams: [{ name: a, listen: 'localhost:9464', url: http://x }]") == [
                "weir.yaml:1:32: upstreams[0].listen: is the address of admin.listen"
            ])
    }

    @Test("Port 0 is another port each time")
    func anyPort() {
        let text = """
            admin: { listen: 127.0.0.1:0 }
            upstreams:
              - { name: a, listen: 127.0.0.1:0, url: http://x }
              - { name: b, listen: 127.0.0.1:0, url: http://x }
            """
        #expect(problems(text) == [])
    }

    @Test("A host is a name or an address", arguments: ["a/b", "u@h", "a b", "''", "http://a", "a:x", "1.2.3"])
    func badHost(host: String) {
        let found = problems(withUpstream("hosts: [\(host.contains("'") ? host : "'\(host)'")]"))
        #expect(found.count == 1)
        #expect(found.first?.contains("hosts[0]: expected a host such as api.example.com, found") == true)
    }

    @Test(
        "A header that Weir writes itself cannot be set",
        arguments: [
            "Host", "content-length", "Transfer-Encoding", "Connection", "Keep-Alive", "TE", "Trailer", "Upgrade",
            "Proxy-Authorization", "Expect", "Weir-Cost", "weir-x",
        ])
    func reserved(name: String) {
        let found = problems(withUpstream("request_headers:\n  \(name): x"))
        #expect(found.count == 1)
        #expect(
            found.first?.hasPrefix("weir.yaml:6:7: upstreams[0].request_headers: \"\(name)\" cannot be set: ") == true)
    }

    @Test("Header names are tokens, given once, and values have no control characters")
    func headers() {
        let text =
            "request_headers:\n  a b: x\n  X-A: 1\n  x-a: 2\n  X-B: \"a\\r\\nb\"\n  X-C: []\n  X-D: null\n  X-E: ''"
        let value = "expected a header value without control characters, found"
        #expect(
            problems(withUpstream(text)) == [
                "weir.yaml:6:7: upstreams[0].request_headers: \"a b\" is not a header name",
                "weir.yaml:8:7: upstreams[0].request_headers: the header \"x-a\" is given twice",
                "weir.yaml:9:12: upstreams[0].request_headers.X-B: \(value) a value that is not shown",
                "weir.yaml:10:12: upstreams[0].request_headers.X-C: \(value) an empty list",
                "weir.yaml:11:12: upstreams[0].request_headers.X-D: \(value) nothing",
            ])
    }
}
