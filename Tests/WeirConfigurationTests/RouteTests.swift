import Testing
import WeirConfiguration

@Suite("Routes")
struct RouteTests {
    private static let two = """
        upstreams:
          - name: bybit
            listen: 127.0.0.1:8081
            url: https://api.bybit.com/base
            limits: [{ name: ip, algorithm: sliding_window, requests: 600, per: 5s }]
            endpoints:
              - name: place
                match: { method: POST, path: /v5/order/create }
                limits: [{ name: own, algorithm: token_bucket, rate: 5/s, burst: 10 }]
                bypass_circuit: true
              - { name: order, match: { path: "/v5/order/{id}" }, breaker: off, retry: off }
          - { name: tenant, listen: 127.0.0.1:8081, url: "unix:/run/app", hosts: [tenant.example.com] }
        """

    private func route(_ method: String, _ url: String, _ text: String = two) throws -> RouteExplanation {
        try RouteExplanation(method: method, url: url, in: settings(text))
    }

    @Test(
        "A call is found by its listener, its host or its provider",
        arguments: [
            ("POST", "http://127.0.0.1:8081/v5/order/create?x=1", "bybit", "place"),
            ("GET", "http://localhost:8081/v5/order/create", "bybit", "order"),
            ("GET", "http://127.0.0.1:8081", "bybit", "other"), ("GET", "http://127.0.0.1:8081?/x", "bybit", "other"),
            ("POST", "https://api.bybit.com/v5/order/create", "bybit", "place"),
            ("POST", "https://API.bybit.com:443/base/v5/order/create", "bybit", "place"),
            ("GET", "http://tenant.example.com/x", "tenant", "other"),
        ])
    func found(method: String, url: String, upstream: String, endpoint: String) throws {
        let route = try route(method, url)
        #expect(route.upstream == upstream)
        #expect(route.endpoint == endpoint)
    }

    @Test(
        "A call that nothing serves says so",
        arguments: [
            ("http://127.0.0.1:8082/", "no upstream serves 127.0.0.1:8082: see listen, hosts and url"),
            ("http://api.bybit.com/", "no upstream serves api.bybit.com:80: see listen, hosts and url"),
            (
                "/x",
                "there are several upstreams: name one, such as http://127.0.0.1:8081 or http://127.0.0.1:8081"
            ),
            ("x", "\"x\" is neither a URL nor a path that begins with /"), ("http:///x", "\"\" is no host"),
        ])
    func lost(url: String, problem: String) {
        #expect { try route("GET", url) } throws: { "\($0)" == problem }
    }

    @Test("Every rule on the way is told")
    func rules() throws {
        let expected = """
            upstream  bybit (listens on 127.0.0.1:8081, mode enforce)
            sent to   POST https://api.bybit.com/base/v5/order/create
            endpoint  place (POST /v5/order/create)
            priority  normal
            cost      1
            limit     ip { algorithm: sliding_window, requests: 600, per: 5s, margin: 20ms } (all calls of the upstream)
                      own { algorithm: token_bucket, rate: 5/s, burst: 10 }
            line      waits up to 10s; 1024 calls in line, 1024 of this endpoint
            circuit   passed even when open; its own (all defaults)
            retry     with an Idempotency-Key only: up to 3 attempts, after 429, 500, 502, 503, 504, connect, network, \
            timeout
            timeouts  { connect: 10s, response: 20s, request: 30s, idle: 20s }
            """
        #expect(try route("POST", "http://127.0.0.1:8081/v5/order/create").text == expected)
        let off = try route("GET", "http://127.0.0.1:8081/v5/order/7").rows
        #expect(off.contains { $0.topic == "circuit" && $0.text == "off" })
        #expect(off.contains { $0.topic == "retry" && $0.text == "off" })
    }

    @Test("A path is enough where there is one upstream")
    func path() throws {
        #expect(try route("GET", "/x", withUpstream("")).endpoint == "other")
    }
}
