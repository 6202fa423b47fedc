import Testing

@testable import WeirAdmin

@Suite("Admin routes")
struct AdminRoutesTests {
    private func decide(
        _ target: String, method: String = "GET", host: String? = "localhost", version: String = "HTTP/1.1",
        headers: [String: String] = [:], body: String = "", readiness: Readiness = .ready, allowHosts: [String] = [],
        allowChanges: Bool = false
    ) -> AdminRoutes.Decision {
        var fields = headers.map { AdminRequest.Field(name: $0.key, value: $0.value) }
        if let host { fields.append(AdminRequest.Field(name: "hOsT", value: host)) }
        var request = AdminRequest(method: method, target: target, version: version, headers: fields)
        request.body = Array(body.utf8)
        return AdminRoutes.decide(
            request,
            settings: AdminSettings(
                listen: .tcp(host: "127.0.0.1", port: 0), allowHosts: allowHosts, allowChanges: allowChanges),
            readiness: readiness)
    }

    private func status(_ decision: AdminRoutes.Decision) -> Int? {
        guard case .answer(let response) = decision else { return nil }
        return response.status
    }

    private static let allMetrics = AdminRoutes.Document.metrics(MetricsQuery(), gzip: false)

    @Test(
        "gather what a path asks for",
        arguments: [
            ("/metrics", allMetrics), ("/%6Detrics", allMetrics), ("/metrics?name=mm_a&x", allMetrics),
            ("/metrics?name[]=mm_a", .metrics(MetricsQuery(names: ["mm_a"]), gzip: false)),
            ("/metrics?name%5B%5D=mm_a&name[]=mm_b", .metrics(MetricsQuery(names: ["mm_a", "mm_b"]), gzip: false)),
            ("/status", .status(upstream: nil)), ("/status?", .status(upstream: nil)),
            ("/status?upstream=bybit", .status(upstream: "bybit")), ("/status?upstream=", .status(upstream: "")),
            ("/status?a=b&upstream=x%20y+z%2B", .status(upstream: "x y z+")),
            ("/status?up%73tream=a=b&upstream=c", .status(upstream: "a=b")),
            ("/status?upstream=100%&x", .status(upstream: "100%")),
            ("/status?upstream=%zz%4", .status(upstream: "%zz%4")), ("/health", .health),
            ("/config", .configuration), ("/", .page), ("", .page), ("/?theme=dark", .page),
            ("http://localhost/metrics", allMetrics), ("http://localhost", .page),
            ("HTTP://127.0.0.1:9464/status", .status(upstream: nil)),
        ] as [(String, AdminRoutes.Document)])
    func gathers(target: String, document: AdminRoutes.Document) {
        for method in ["GET", "HEAD"] {
            #expect(decide(target, method: method) == .gather(document))
        }
    }

    @Test("metrics are written as the client accepts them")
    func negotiated() {
        let headers = ["accept": "application/openmetrics-text; version=1.0.0", "ACCEPT-ENCODING": "gzip"]
        #expect(
            decide("/metrics", headers: headers)
                == .gather(.metrics(MetricsQuery(format: .openMetrics), gzip: true)))
    }

    @Test(
        "events begin behind what the client has seen: what came last, or what it says",
        arguments: [
            ("/events", nil, nil), ("/events?since=7", nil, 7), ("/events?since=0", "9", 9),
            ("/events?since=7", "x", 7), ("/events", "-1", nil), ("/events", "18446744073709551616", nil),
            ("/events?since=18446744073709551615", nil, UInt64.max), ("/events?since=x", "3", 3),
        ] as [(String, String?, UInt64?)])
    func events(target: String, last: String?, after: UInt64?) {
        let headers = last.map { ["last-event-id": $0] } ?? [:]
        #expect(decide(target, headers: headers) == .stream(after: after))
        #expect(decide(target, method: "HEAD", headers: headers) == .stream(after: after))
    }

    @Test("a since that is no number is 400", arguments: ["x", "", "-1", "1.5", "18446744073709551616"])
    func badSince(since: String) {
        #expect(status(decide("/events?since=\(since)")) == 400)
    }

    @Test("/livez answers ok, ready or not")
    func livez() {
        let ok = AdminRoutes.Decision.answer(AdminResponse(status: 200, text: "ok"))
        #expect(decide("/livez") == ok)
        #expect(decide("/livez", readiness: .notReady(reason: "draining")) == ok)
    }

    @Test("/readyz answers ok, or 503 with the reason")
    func readyz() {
        #expect(decide("/readyz") == .answer(AdminResponse(status: 200, text: "ok")))
        #expect(
            decide("/readyz", readiness: .notReady(reason: "draining"))
                == .answer(AdminResponse(status: 503, text: "draining")))
    }

    @Test(
        "other paths are 404, whatever the method",
        arguments: [
            "/metricsx", "/metrics/", "//metrics", "/Metrics", "*", "/readyz/..", "/events/", "/-", "/-/",
            "/-/reload/", "/-/reload/x", "/-/circuits", "/-/circuits/", "/-/circuits/a/", "/-/circuits//b",
            "/-/circuits/a/b/c", "/-/limits/a/b", "/-/limits/a/b/c", "/-/limits/a/b/reset/", "/-/limits//b/reset",
            "/x/reload", "-/reload",
        ])
    func unknownPaths(target: String) {
        #expect(status(decide(target)) == 404)
        #expect(status(decide(target, method: "POST")) == 404)
    }

    @Test(
        "other methods are 405 and told what is allowed",
        arguments: ["POST", "PUT", "DELETE", "OPTIONS", "get", "TRACE"])
    func otherMethods(method: String) throws {
        for path in ["/metrics", "/status", "/events", "/livez", "/readyz", "/health", "/config", "/"] {
            guard case .answer(let response) = decide(path, method: method) else {
                Issue.record("\(method) \(path) gathers")
                continue
            }
            #expect(response.status == 405)
            #expect(response.headers == [AdminRequest.Field(name: "Allow", value: "GET, HEAD")])
        }
    }

    @Test(
        "a Host that no stranger can own is accepted",
        arguments: [
            "localhost", "LOCALHOST:9464", "localhost.", "127.0.0.1", "127.0.0.1:80", "10.1.2.3", "255.255.255.255",
            "[::1]", "[::1]:9464", "[FE80::1]", "[::ffff:127.0.0.1]:1", "weir.example", "Weir.Example:9464",
            "localhost:",
        ])
    func acceptedHosts(host: String) {
        #expect(status(decide("/livez", host: host, allowHosts: ["WEIR.example"])) == 200)
    }

    @Test(
        "any other Host is 421",
        arguments: [
            "", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "evil.example:9464", "256.1.1.1",
            "1.2.3", "1.2.3.4.5", "1..2.3", "127.0.0.1:9464@evil.example", "localhost:x", "localhost:80:80", "::1",
            "[::1", "[::1]x", "[evil]", "[abc]", "a localhost", "weir.example.evil", "é", "1.2.3.+4",
        ])
    func refusedHosts(host: String) {
        #expect(status(decide("/livez", host: host, allowHosts: ["weir.example"])) == 421)
        #expect(status(decide("/nothing", host: host)) == 421)
        #expect(status(decide("/metrics", method: "POST", host: host)) == 421)
    }

    @Test("the authority of an absolute-form target outranks Host")
    func absoluteForm() {
        #expect(status(decide("http://evil.example/livez", host: "localhost")) == 421)
        #expect(status(decide("http://localhost/livez", host: "evil.example")) == 200)
    }

    @Test("a missing Host passes on HTTP/1.0 only")
    func missingHost() {
        #expect(status(decide("/livez", host: nil, version: "HTTP/1.0")) == 200)
        #expect(status(decide("/livez", host: nil)) == 400)
    }

    @Test("two Hosts are 400")
    func twoHosts() {
        let host = AdminRequest.Field(name: "Host", value: "localhost")
        let request = AdminRequest(method: "GET", target: "/livez", version: "HTTP/1.1", headers: [host, host])
        let settings = AdminSettings(listen: .unix(path: "/x"))
        #expect(status(AdminRoutes.decide(request, settings: settings, readiness: .ready)) == 400)
    }

    @Test(
        "a body that is too long, or of unknown length, is refused before it is read",
        arguments: [
            (nil, nil, nil), ("0", nil, nil), ("4096", nil, nil), ("4097", nil, 413),
            ("18446744073709551615", nil, 413),
            ("18446744073709551616", nil, 413), ("-1", nil, 413), (nil, "chunked", 411), ("1", "gzip", 411),
        ] as [(String?, String?, Int?)])
    func bodies(length: String?, coding: String?, status: Int?) {
        let fields = [("content-length", length), ("transfer-encoding", coding)].compactMap { name, value in
            value.map { AdminRequest.Field(name: name, value: $0) }
        }
        let request = AdminRequest(method: "GET", target: "/metrics", version: "HTTP/1.1", headers: fields)
        #expect(AdminRoutes.refusalOfBody(request)?.status == status)
    }

    // MARK: Changes

    @Test(
        "a POST asks for a change",
        arguments: [
            ("/-/reload", .reload), ("/-/circuits/a", .circuit(upstream: "a", endpoint: nil, body: [123, 125])),
            ("/-/circuits/a/b%5f", .circuit(upstream: "a", endpoint: "b_", body: [123, 125])),
            ("/-/limits/a/b/reset", .resetLimit(upstream: "a", limit: "b", endpoint: nil, body: [123, 125])),
            (
                "/-/limits/a/b/reset?endpoint=c",
                .resetLimit(upstream: "a", limit: "b", endpoint: "c", body: [123, 125])
            ),
        ] as [(String, AdminChange)])
    func changes(target: String, change: AdminChange) {
        let allowed = decide(target, method: "POST", body: "{}", allowChanges: true)
        #expect(allowed == .change(change))
        #expect(status(decide(target, method: "POST", body: "{}")) == 403)
        for origin in ["http://localhost:9464", "null", ""] {
            let fromPage = decide(
                target, method: "POST", headers: ["oRigin": origin], body: "{}", allowChanges: true)
            #expect(status(fromPage) == 403)
        }
    }

    @Test("a change is asked for with POST alone", arguments: ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
    func changeMethods(method: String) {
        for target in ["/-/reload", "/-/circuits/a", "/-/limits/a/b/reset"] {
            guard case .answer(let response) = decide(target, method: method, allowChanges: true) else {
                Issue.record("\(method) \(target) changes something")
                continue
            }
            #expect(response.status == 405)
            #expect(response.headers == [AdminRequest.Field(name: "Allow", value: "POST")])
        }
    }

    // MARK: Answers

    @Test("metrics say their format, their coding, and what they depend on")
    func metricsAnswers() {
        let vary = AdminRequest.Field(name: "Vary", value: "Accept, Accept-Encoding")
        #expect(
            AdminResponse.metrics([1], MetricsQuery(), gzipped: false)
                == AdminResponse(
                    status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8", headers: [vary], body: [1]))
        let coding = AdminRequest.Field(name: "Content-Encoding", value: "gzip")
        #expect(
            AdminResponse.metrics([1], MetricsQuery(format: .openMetrics), gzipped: true)
                == AdminResponse(
                    status: 200, contentType: "application/openmetrics-text; version=1.0.0; charset=utf-8",
                    headers: [vary, coding], body: [1]))
    }

    @Test("answers of what was gathered have the right status and type")
    func gatheredAnswers() {
        #expect(
            AdminResponse.status([2]) == AdminResponse(status: 200, contentType: "application/json", body: [2]))
        #expect(AdminResponse.status(nil).status == 404)
        #expect(AdminResponse.health([3]).contentType == "application/health+json")
        #expect(AdminResponse.configuration([4]).contentType == "application/yaml")
    }

    @Test("answers to changes have the status of what became of them")
    func changeAnswers() {
        #expect(AdminResponse.changed(.accepted).status == 202)
        #expect(AdminResponse.changed(.done).status == 204)
        #expect(AdminResponse.changed(.done).body.isEmpty)
        #expect(!AdminResponse.changed(.done).allHeaders.contains { $0.name == "Content-Type" })
        #expect(AdminResponse.changed(.notFound("no such")).status == 404)
        let invalid = AdminResponse.changed(.invalid(["a \"b\"", "c"]))
        #expect(invalid.status == 422)
        #expect(invalid.body == Array(#"{"problems":["a \"b\"","c"]}"#.utf8) + [10])
    }

    @Test("no answer may be stored, guessed at, framed, or read by another site, and only the page may run anything")
    func securityHeaders() {
        func headers(_ response: AdminResponse) -> [String: String] {
            Dictionary(uniqueKeysWithValues: response.allHeaders.map { ($0.name, $0.value) })
        }
        let page = AdminResponse.page(AdminPage(html: [1], contentSecurityPolicy: "default-src 'none'; img-src data:"))
        for response in [page, .status([]), .events, .changed(.accepted), AdminResponse(status: 404, text: "")] {
            let headers = headers(response)
            #expect(headers["Cache-Control"] == "no-store")
            #expect(headers["X-Content-Type-Options"] == "nosniff")
            #expect(headers["Cross-Origin-Resource-Policy"] == "same-origin")
            #expect(headers["Referrer-Policy"] == "no-referrer")
        }
        #expect(
            headers(.status([]))["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'")
        #expect(headers(page)["Content-Security-Policy"] == "default-src 'none'; img-src data:")
        #expect(headers(page)["Content-Type"] == "text/html; charset=utf-8")
    }
}
