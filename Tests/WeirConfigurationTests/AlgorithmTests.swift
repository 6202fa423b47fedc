import Testing
import WeirConfiguration
import WeirCore
import WeirProxy

@Suite("Algorithms, keys and tiers")
struct AlgorithmTests {
    private func limit(_ keys: String) -> String {
        withUpstream("limits:\n  - { name: a, \(keys) }")
    }

    @Test(
        "Every algorithm has its figures",
        arguments: [
            (
                "algorithm: calendar_window, requests: 5, per: 1m",
                .calendarWindow(requests: 5, per: .seconds(60), margin: .milliseconds(20))
            ),
            ("algorithm: spacing, every: 100ms", .spacing(every: .milliseconds(100), margin: .milliseconds(20))),
            ("algorithm: spacing, every: 1s, margin: 0s", .spacing(every: .seconds(1), margin: .zero)),
            ("algorithm: concurrency, max: 3", .concurrency(max: 3)),
        ] as [(String, LimitSettings.Algorithm)])
    func figures(keys: String, algorithm: LimitSettings.Algorithm) throws {
        let read = try upstream(limit("on_limit: reject, \(keys)"))
        #expect(read.limits.map(\.algorithm) == [algorithm])
    }

    @Test(
        "What is missing, foreign or out of range is named",
        arguments: [
            ("algorithm: spacing", ": missing key \"every\""), ("algorithm: concurrency", ": missing key \"max\""),
            ("algorithm: calendar_window, requests: 5", ": missing key \"per\""),
            ("algorithm: spacing, every: 0s", ".every: expected a duration above 0, found \"0s\""),
            ("algorithm: spacing, every: 1s, max: 3", ".max: is a key of concurrency, not of spacing"),
            ("algorithm: concurrency, max: 3, every: 1s", ".every: is a key of spacing, not of concurrency"),
            (
                "algorithm: calendar_window, requests: 5, per: 1s, margin: 500ms",
                ".margin: expected margin to be less than half of per, found it longer"
            ),
            (
                "algorithm: calendar_window, requests: 5, per: 40ms",
                ".per: expected margin to be less than half of per, found it longer"
            ),
            (
                "algorithm: gcra",
                ".algorithm: expected one of sliding_window, token_bucket, calendar_window, spacing, concurrency,"
                    + " found \"gcra\""
            ),
            (
                "algorithm: concurrency, max: 3, reserve: 1",
                ".reserve: expected a number from 0 to below 1, found \"1\""
            ),
            (
                "algorithm: concurrency, max: 3, max_keys: 0",
                ".max_keys: expected a whole number from 1 to 100000000, found \"0\""
            ),
            (
                "algorithm: concurrency, max: 3, shared: true",
                ".shared: needs the section shared, which says where the fleet counts"
            ),
            (
                "algorithm: concurrency, max: 3, host_load: { high: { cpu: 1 } }",
                ".host_load.high: missing key \"factor\""
            ),
        ])
    func wrong(keys: String, problem: String) {
        let found = problems(limit(keys))
        #expect(found.contains { $0.contains("upstreams[0].limits[0]" + problem) }, "\(found)")
    }

    @Test(
        "A key is a part of the call, or several",
        arguments: [
            ("client_ip", [.clientIP]), ("\"header:X-Key\"", [.header("X-Key")]), ("[client_ip]", [.clientIP]),
            ("[\"query:a\", \"cookie:b\", \"path:c\"]", [.query("a"), .cookie("b"), .path("c")]), ("null", []),
        ] as [(String, [KeySource])])
    func keys(text: String, sources: [KeySource]) throws {
        #expect(try upstream(limit("algorithm: concurrency, max: 1, key: \(text)")).limits.map(\.key) == [sources])
    }

    @Test(
        "What is no part of a call is refused",
        arguments: ["ip", "'header:'", "'header:a b'", "'cookie:a;b'", "'query:a=b'", "'path:{x}'", "'body:x'", "X"])
    func badKey(text: String) {
        let found = problems(limit("algorithm: concurrency, max: 1, key: \(text)"))
        let expected = "limits[0].key: expected header:NAME, query:NAME, cookie:NAME, path:NAME or client_ip, found"
        #expect(found.count == 1)
        #expect(found.first?.contains(expected) == true)
        #expect(problems(limit("algorithm: concurrency, max: 1, key: []")).count == 1)
        #expect(problems(limit("algorithm: concurrency, max: 1, key: [client_ip, client_ip]")).count == 1)
    }

    @Test("A part of the path must be in the endpoint's own pattern")
    func pathKey() {
        func text(_ path: String) -> String {
            withUpstream(
                """
                endpoints:
                  - name: a
                    match: { path: \(path) }
                    limits: [{ name: l, algorithm: concurrency, max: 1, key: "path:id" }]
                """)
        }
        #expect(problems(text("\"/users/{id}\"")) == [])
        #expect(
            problems(text("\"/users/{name}\"")) == [
                "weir.yaml:8:66: upstreams[0].endpoints[0].limits[0].key: expected {id} in match.path of this endpoint,"
                    + " found none"
            ])
    }

    @Test("A tier takes over what it does not say")
    func tiers() throws {
        let text = limit(
            "algorithm: sliding_window, per: 1h, margin: 1s, on_limit: reject,"
                + " tiers: { by: \"header:X-Tier\", default: free, free: { requests: 100 },"
                + " gold: { requests: 1000, per: 30m } }")
        let read = try #require(try upstream(text).limits.first)
        let free = LimitSettings.Algorithm.slidingWindow(requests: 100, per: .seconds(3600), margin: .seconds(1))
        let gold = LimitSettings.Algorithm.slidingWindow(requests: 1000, per: .seconds(1800), margin: .seconds(1))
        #expect(read.algorithm == free)
        #expect(
            read.tiers
                == Tiers(
                    by: .header("X-Tier"), defaultTier: "free",
                    tiers: [.init(name: "free", algorithm: free), .init(name: "gold", algorithm: gold)]))
    }

    @Test(
        "Tiers that cannot work are refused",
        arguments: [
            ("{ default: a, a: { max: 1 } }", ": missing key \"by\""),
            ("{ by: client_ip, a: { max: 1 } }", ": missing key \"default\""),
            (
                "{ by: client_ip, default: b, a: { max: 1 } }",
                ".default: expected the name of one of the tiers, found \"b\""
            ),
            ("{ by: client_ip, default: b }", ": expected at least one tier, found a mapping"),
            ("{ by: client_ip, default: a, a: {} }", ".a: expected \"max\", here or in the limit itself"),
            (
                "{ by: client_ip, default: a, a: { max: 0 } }",
                ".a.max: expected a whole number from 1 to 1000000000, found \"0\""
            ),
            (
                "{ by: client_ip, default: a, a: { rate: 1/s } }",
                ".a.rate: is a key of token_bucket, not of concurrency"
            ),
            ("{ by: client_ip, default: a, a: 5 }", ".a: expected a mapping, found \"5\""),
            (
                "{ by: tier, default: a, a: { max: 1 } }",
                ".by: expected header:NAME, query:NAME, cookie:NAME, path:NAME or client_ip, found \"tier\""
            ),
            ("[]", ": expected a mapping of by, default and the names of tiers, found an empty list"),
        ])
    func badTiers(tiers: String, problem: String) {
        let found = problems(limit("algorithm: concurrency, tiers: \(tiers)"))
        #expect(found.contains { $0.contains("upstreams[0].limits[0].tiers" + problem) }, "\(found)")
    }

    @Test("A cost that one tier can never admit is refused")
    func tierCost() {
        let text = """
            limits:
              - name: a
                algorithm: token_bucket
                rate: 1/s
                tiers: { by: client_ip, default: x, x: { burst: 5 }, y: { burst: 3 } }
            endpoints: [{ name: e, match: { path: /e }, cost: 4 }]
            """
        #expect(
            problems(withUpstream(text)) == [
                "weir.yaml:10:55: upstreams[0].endpoints[0].cost: expected a cost that upstreams[0].limits[0].tiers.y"
                    + " can ever admit, found \"4\""
            ])
    }

    @Test("The steps of host load go up, and what they leave goes down")
    func hostLoad() {
        func text(_ high: String) -> String {
            limit(
                "algorithm: concurrency, max: 3,"
                    + " host_load: { elevated: { cpu: 0.6, memory: 0.7, factor: 0.7 }, high: { \(high) } }")
        }
        #expect(problems(text("cpu: 0.6, memory: 0.7, factor: 0.7")) == [])
        for high in [
            "cpu: 0.5, memory: 0.7, factor: 0.7", "cpu: 0.6, memory: 0.6, factor: 0.7",
            "cpu: 1, memory: 1, factor: 0.8",
        ] {
            #expect(problems(text(high)).count == 1)
        }
    }

    @Test("A wait that ends before a turn can come is a warning, whatever the algorithm")
    func shortWaits() {
        let text = """
            queue: { max_wait: 2s }
            limits:
              - { name: a, algorithm: token_bucket, rate: 0.33/s, burst: 5 }
              - { name: b, algorithm: spacing, every: 3s }
              - { name: c, algorithm: calendar_window, requests: 5, per: 1m }
              - { name: d, algorithm: concurrency, max: 1 }
              - { name: e, algorithm: token_bucket, rate: 0.5/s, burst: 5 }
              - { name: f, algorithm: sliding_window, requests: 1, tiers: { by: client_ip, default: x, x: { per: 9s }}}
            """
        #expect(
            warnings(withUpstream(text)) == [
                "weir.yaml:7:51: upstreams[0].limits[0].rate: takes longer for one unit than queue.max_wait:"
                    + " calls are refused rather than wait for it",
                "weir.yaml:8:47: upstreams[0].limits[1].every: is longer than queue.max_wait:"
                    + " calls are refused rather than wait for their turn",
                "weir.yaml:9:66: upstreams[0].limits[2].per: is longer than queue.max_wait:"
                    + " calls are refused rather than wait for the next window",
                "weir.yaml:12:106: upstreams[0].limits[5].tiers.x.per: is longer than queue.max_wait:"
                    + " calls are refused rather than wait for the next window",
            ])
    }

    @Test("What has no effect without a key is a warning")
    func keyless() {
        #expect(
            warnings(limit("algorithm: concurrency, max: 3, key_missing: reject, max_keys: 5")) == [
                "weir.yaml:6:65: upstreams[0].limits[0].key_missing: has no effect without key",
                "weir.yaml:6:83: upstreams[0].limits[0].max_keys: has no effect without key",
            ])
    }

    @Test("A shared limit of fewer units than sidecars is a warning")
    func shared() {
        let text = "shared: { instances: 4 }\n" + limit("algorithm: token_bucket, rate: 1/s, burst: 3, shared: true")
        #expect(
            warnings(text) == [
                "weir.yaml:7:74: upstreams[0].limits[0].shared: has fewer units than shared.instances:"
                    + " without Redis each sidecar still admits one at a time"
            ])
        #expect(warnings(text.replacing("instances: 4", with: "instances: 3")) == [])
    }
}
