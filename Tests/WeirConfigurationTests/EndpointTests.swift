import Testing
import WeirConfiguration
import WeirCore
import WeirProxy

@Suite("Endpoints")
struct EndpointTests {
    @Test("other can be configured, last and without a match")
    func other() throws {
        let text = """
            endpoint_defaults: { limits: [{ name: each, algorithm: token_bucket, rate: 1/s, burst: 5 }] }
            endpoints:
              - { name: a, match: { method: GET } }
              - { name: other, priority: low, queue: { max_length: 3 } }
            """
        let endpoints = try upstream(withUpstream(text)).endpoints
        #expect(endpoints.map(\.name) == ["a", "other"])
        #expect(endpoints[1].priority == .low)
        #expect(endpoints[1].limits.map(\.name) == ["each"])
        #expect(endpoints[1].line == LineSettings(maxWait: .seconds(10), maxLength: 3))
        #expect(endpoints[1].match == EndpointMatch())
    }

    @Test("other in another place, or with a match, is refused")
    func misplacedOther() {
        let text = "endpoints:\n  - { name: other, match: { path: / } }\n  - { name: a, match: { path: /a } }"
        #expect(
            problems(withUpstream(text)) == [
                "weir.yaml:6:9: upstreams[0].endpoints[0]: the endpoint other takes what matches none:"
                    + " it must be the last",
                "weir.yaml:6:31: upstreams[0].endpoints[0].match: the endpoint other takes what matches none:"
                    + " it has no match",
            ])
    }

    @Test("Any other endpoint needs a name of its own and a match")
    func needs() {
        let text =
            "endpoints:\n  - { name: a }\n  - { name: b, match: {} }\n  - { match: { path: /c } }\n"
            + "  - { name: b, match: { path: /d } }\n  - a"
        #expect(
            problems(withUpstream(text)) == [
                "weir.yaml:6:9: upstreams[0].endpoints[0]: missing key \"match\"",
                "weir.yaml:7:27: upstreams[0].endpoints[1].match: expected method, path or both",
                "weir.yaml:8:9: upstreams[0].endpoints[2]: missing key \"name\"",
                "weir.yaml:9:17: upstreams[0].endpoints[3].name: expected a name of its own, found \"b\"",
                "weir.yaml:10:9: upstreams[0].endpoints[4]: expected a mapping, found \"a\"",
            ])
    }

    @Test(
        "A path that can match nothing is refused",
        arguments: [
            ("v5", "it must begin with /"), ("/a*b", "a * may only end it"),
            ("/a{b}", "a {name} must be a whole segment"),
            ("/{}", "a {name} must be a whole segment"), ("/a?b=1", "as it goes on the wire, without query"),
            ("/a b", "as it goes on the wire, without query"), ("/ä", "as it goes on the wire, without query"),
        ])
    func badPath(path: String, reason: String) {
        #expect(
            problems(withUpstream("endpoints:\n  - { name: a, match: { path: \"\(path)\" } }")) == [
                "weir.yaml:6:35: upstreams[0].endpoints[0].match.path: expected a path such as /v5/order/create,"
                    + " /users/{id} or /v5/* (\(reason)), found \"\(path)\""
            ])
    }

    @Test("A method is a word in capitals", arguments: ["get", "G T", "''", "[GET]"])
    func badMethod(method: String) {
        let found = problems(withUpstream("endpoints: [{ name: a, match: { method: \(method) } }]"))
        #expect(found.count == 1)
        #expect(found.first?.contains("match.method: expected a method in capitals such as GET, found") == true)
    }

    @Test(
        "A cost is a number or names where it stands",
        arguments: [
            "0", "-1", "1.5", "header:", "header:a b", "query:", "query:a&b", "cookie:a", "99999999999999999999",
        ])
    func badCost(cost: String) {
        #expect(
            problems(withEndpoint("cost: '\(cost)'")) == [
                "weir.yaml:8:15: upstreams[0].endpoints[0].cost: expected a whole number from 1 to 1000000000,"
                    + " header:NAME or query:NAME, found \"\(cost)\""
            ])
    }

    @Test("A limit of the same name replaces the default in its place")
    func defaults() throws {
        let text = """
            endpoint_defaults:
              limits:
                - { name: a, algorithm: token_bucket, rate: 1/s, burst: 1 }
                - { name: b, algorithm: token_bucket, rate: 1/s, burst: 1 }
            endpoints:
              - name: x
                match: { path: /x }
                limits:
                  - { name: c, algorithm: token_bucket, rate: 1/s, burst: 3 }
                  - { name: a, algorithm: sliding_window, requests: 7, per: 1s }
            """
        let endpoints = try upstream(withUpstream(text)).endpoints
        #expect(endpoints[0].limits.map(\.name) == ["a", "b", "c"])
        #expect(
            endpoints[0].limits[0].algorithm
                == .slidingWindow(requests: 7, per: .seconds(1), margin: LimitSettings.defaultMargin))
        #expect(endpoints[1].limits.map(\.name) == ["a", "b"])
    }

    @Test("A flag is true or false", arguments: [("true", true), ("on", true), ("false", false), ("off", false)])
    func flags(word: String, value: Bool) throws {
        #expect(try upstream(withEndpoint("bypass_circuit: \(word)")).endpoints[0].bypassesCircuit == value)
        #expect(
            problems(withEndpoint("bypass_circuit: maybe")) == [
                "weir.yaml:8:25: upstreams[0].endpoints[0].bypass_circuit: expected true or false, found \"maybe\""
            ])
    }
}
