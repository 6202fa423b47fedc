import Testing
import WeirConfiguration
import WeirCore

@Suite("Limits")
struct LimitTests {
    @Test(
        "A limit has the keys of its algorithm, and no others",
        arguments: [
            ("algorithm: sliding_window, requests: 5", #"missing key "per""#),
            ("algorithm: sliding_window, per: 5s", #"missing key "requests""#),
            ("algorithm: token_bucket, burst: 5", #"missing key "rate""#),
            ("algorithm: token_bucket, rate: 5/s", #"missing key "burst""#),
            ("requests: 5, per: 5s", #"missing key "algorithm""#),
        ])
    func missing(keys: String, problem: String) {
        #expect(
            problems(withUpstream("limits:\n  - { name: a, \(keys) }")) == [
                "weir.yaml:6:9: upstreams[0].limits[0]: \(problem)"
            ])
    }

    @Test("A key of the other algorithm is named as such")
    func foreign() {
        let limits = """
            limits:
              - { name: a, algorithm: sliding_window, requests: 5, per: 5s, rate: 8/s, burst: 1 }
              - { name: b, algorithm: token_bucket, rate: 8/s, burst: 1, requests: 5, per: 5s, margin: 1s }
            """
        #expect(
            problems(withUpstream(limits)).map { $0.drop { $0 != "u" } } == [
                "upstreams[0].limits[0].rate: is a key of token_bucket, not of sliding_window",
                "upstreams[0].limits[0].burst: is a key of token_bucket, not of sliding_window",
                "upstreams[0].limits[1].requests: is a key of sliding_window and calendar_window, not of token_bucket",
                "upstreams[0].limits[1].per: is a key of sliding_window and calendar_window, not of token_bucket",
                "upstreams[0].limits[1].margin: is a key of sliding_window, calendar_window and spacing,"
                    + " not of token_bucket",
            ])
    }

    @Test(
        "A number out of its range is refused",
        arguments: ["0", "-1", "1.5", "1e3", "1_000", "0x10", "1000000001", "99999999999999999999", "many", "+5", "''"])
    func numbers(text: String) {
        let found = problems(
            withUpstream("limits: [{ name: a, algorithm: sliding_window, requests: \(text), per: 5s }]"))
        #expect(found.count == 1)
        #expect(
            found.first?.contains("limits[0].requests: expected a whole number from 1 to 1000000000, found") == true)
    }

    @Test("A name is given once among the limits that can meet")
    func names() {
        let text = """
            limits:
              - { name: a, algorithm: token_bucket, rate: 8/s, burst: 1 }
              - { name: a, algorithm: token_bucket, rate: 8/s, burst: 1 }
            endpoint_defaults:
              limits: [{ name: a, algorithm: token_bucket, rate: 8/s, burst: 1 }]
            endpoints:
              - name: x
                match: { path: /x }
                limits:
                  - { name: a, algorithm: token_bucket, rate: 8/s, burst: 1 }
                  - { name: b, algorithm: token_bucket, rate: 8/s, burst: 1 }
                  - { name: b, algorithm: token_bucket, rate: 8/s, burst: 1 }
              - name: y
                match: { path: /y }
                limits: [{ name: b, algorithm: token_bucket, rate: 8/s, burst: 1 }]
            """
        let taken = "expected a name that no limit of the whole upstream has, found \"a\""
        #expect(
            problems(withUpstream(text)) == [
                "weir.yaml:7:17: upstreams[0].limits[1].name: expected a name of its own, found \"a\"",
                "weir.yaml:9:24: upstreams[0].endpoint_defaults.limits[0].name: \(taken)",
                "weir.yaml:14:21: upstreams[0].endpoints[0].limits[0].name: \(taken)",
                "weir.yaml:16:21: upstreams[0].endpoints[0].limits[2].name: expected a name of its own, found \"b\"",
            ])
    }

    @Test(
        "A name is short and plain",
        arguments: ["A", "a b", "''", "a.b", "ä", String(repeating: "a", count: 65)])
    func badName(name: String) {
        let found = problems(
            withUpstream("limits: [{ name: \(name), algorithm: token_bucket, rate: 8/s, burst: 1 }]"))
        #expect(found.count == 1)
        #expect(
            found.first?.contains("limits[0].name: expected a name of 1 to 64 of a-z, 0-9, _ and -, found") == true)
    }

    @Test("A cost that a limit can never admit is refused, in whichever limit")
    func cost() {
        let text = """
            limits: [{ name: ip, algorithm: sliding_window, requests: 10, per: 1s }]
            endpoint_defaults: { limits: [{ name: each, algorithm: token_bucket, rate: 1/s, burst: 5 }] }
            endpoints:
              - { name: a, match: { path: /a }, cost: 11 }
              - { name: b, match: { path: /b }, cost: 5 }
              - { name: c, match: { path: /c }, cost: 6 }
            """
        #expect(
            problems(withUpstream(text)) == [
                "weir.yaml:8:47: upstreams[0].endpoints[0].cost: expected a cost that"
                    + " upstreams[0].endpoint_defaults.limits[0] can ever admit, found \"11\"",
                "weir.yaml:8:47: upstreams[0].endpoints[0].cost: expected a cost that upstreams[0].limits[0]"
                    + " can ever admit, found \"11\"",
                "weir.yaml:10:47: upstreams[0].endpoints[2].cost: expected a cost that"
                    + " upstreams[0].endpoint_defaults.limits[0] can ever admit, found \"6\"",
            ])
    }

    @Test("A wait that ends before the window does is a warning where the window is, or the wait")
    func shortWait() {
        let text = """
            limits:
              - { name: minute, algorithm: sliding_window, requests: 10, per: 1m }
              - { name: rejecting, algorithm: sliding_window, requests: 10, per: 1m, on_limit: reject }
              - { name: second, algorithm: sliding_window, requests: 10, per: 10s }
            endpoints:
              - { name: a, match: { path: /a }, queue: { max_wait: 5s } }
              - { name: b, match: { path: /b }, queue: { max_wait: 0s } }
            """
        let window = "calls are refused rather than wait for the next window"
        #expect(
            warnings(withUpstream(text)) == [
                "weir.yaml:6:71: upstreams[0].limits[0].per: is longer than queue.max_wait: \(window)",
                "weir.yaml:10:60: upstreams[0].endpoints[0].queue.max_wait: is shorter than the window of"
                    + " upstreams[0].limits[0]: \(window)",
                "weir.yaml:10:60: upstreams[0].endpoints[0].queue.max_wait: is shorter than the window of"
                    + " upstreams[0].limits[2]: \(window)",
            ])
    }

    @Test("A wait longer than the whole request is a warning")
    func longWait() {
        #expect(
            warnings(withUpstream("queue: { max_wait: 31s }")) == [
                "weir.yaml:5:24: upstreams[0].queue.max_wait: is longer than timeouts.request, which ends the wait"
            ])
        #expect(
            warnings(withUpstream("timeouts: { request: 9s }")) == [
                "weir.yaml:5:26: upstreams[0].timeouts.request: is shorter than queue.max_wait and ends the wait"
            ])
        #expect(
            warnings(withEndpoint("queue: { max_wait: 1m }")) == [
                "weir.yaml:8:28: upstreams[0].endpoints[0].queue.max_wait: is longer than timeouts.request,"
                    + " which ends the wait"
            ])
        #expect(warnings(withUpstream("queue: { max_wait: 30s }")) == [])
    }
}
