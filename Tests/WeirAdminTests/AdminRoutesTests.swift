import Testing
import WeirAdmin

@Suite("Admin routes")
struct AdminRoutesTests {
    private func decide(
        _ target: String, method: String = "GET", host: String? = "localhost", version: String = "HTTP/1.1",
        readiness: Readiness = .ready, allowHosts: [String] = []
    ) -> AdminRoutes.Decision {
        AdminRoutes.decide(
            AdminRequest(
                method: method, target: target, version: version,
                headers: host.map { [AdminRequest.Field(name: "hOsT", value: $0)] } ?? []),
            settings: AdminSettings(listen: .tcp(host: "127.0.0.1", port: 0), allowHosts: allowHosts),
            readiness: readiness)
    }

    private func status(_ decision: AdminRoutes.Decision) -> Int? {
        guard case .answer(let response) = decision else { return nil }
        return response.status
    }

    @Test(
        "gather what a path asks for",
        arguments: [
            ("/metrics", .metrics), ("/metrics?name[]=mm_a", .metrics), ("/%6Detrics", .metrics),
            ("/status", .status(upstream: nil)), ("/status?", .status(upstream: nil)),
            ("/status?upstream=bybit", .status(upstream: "bybit")), ("/status?upstream=", .status(upstream: "")),
            ("/status?a=b&upstream=x%20y+z%2B", .status(upstream: "x y z+")),
            ("/status?up%73tream=a=b&upstream=c", .status(upstream: "a=b")),
            ("/status?upstream=100%&x", .status(upstream: "100%")),
            ("/status?upstream=%zz%4", .status(upstream: "%zz%4")),
            ("http://localhost/metrics", .metrics), ("HTTP://127.0.0.1:9464/status", .status(upstream: nil)),
        ] as [(String, AdminRoutes.Gather)])
    func gathers(target: String, gather: AdminRoutes.Gather) {
        for method in ["GET", "HEAD"] {
            #expect(decide(target, method: method) == .gather(gather))
        }
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
        arguments: ["/", "", "/metricsx", "/metrics/", "//metrics", "/Metrics", "*", "/readyz/..", "http://localhost"])
    func unknownPaths(target: String) {
        #expect(status(decide(target)) == 404)
        #expect(status(decide(target, method: "POST")) == 404)
    }

    @Test(
        "other methods are 405 and told what is allowed",
        arguments: ["POST", "PUT", "DELETE", "OPTIONS", "get", "TRACE"])
    func otherMethods(method: String) throws {
        for path in ["/metrics", "/status", "/livez", "/readyz"] {
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

    @Test("answers of what was gathered have the right type and are never stored")
    func gatheredAnswers() {
        let noStore = [AdminRequest.Field(name: "Cache-Control", value: "no-store")]
        #expect(
            AdminRoutes.answer(metrics: [1])
                == AdminResponse(
                    status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8", headers: noStore, body: [1]))
        #expect(
            AdminRoutes.answer(status: [2])
                == AdminResponse(status: 200, contentType: "application/json", headers: noStore, body: [2]))
        #expect(AdminRoutes.answer(status: nil).status == 404)
    }
}
