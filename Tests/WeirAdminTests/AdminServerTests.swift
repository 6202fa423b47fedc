import Testing

@testable import WeirAdmin

/// One after the other, since some count the descriptors of the process.
@Suite("The admin server", .serialized, .ownThreads)
struct AdminServerTests {
    let source = ScriptedSource()

    let events = EventFeed()

    func serve(
        _ source: ScriptedSource? = nil, maxConnections: Int = 256, allowChanges: Bool = false,
        timeouts: AdminTimeouts = AdminTimeouts()
    ) throws -> AdminServer {
        let settings = AdminSettings(
            listen: .tcp(host: "127.0.0.1", port: 0), maxConnections: maxConnections, allowChanges: allowChanges)
        return try AdminServer(
            settings: settings, timeouts: timeouts, source: source ?? self.source, events: events)
    }

    /// What a fresh connection is answered.
    func get(_ target: String, from server: AdminServer, method: String = "GET", host: String = "localhost")
        -> RawResponse
    {
        let client = RawClient(to: server.address)
        client.send("\(method) \(target) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n")
        return client.readToEnd()
    }

    @Test("answers every path with its status, type and body")
    func answers() throws {
        let server = try serve()
        let metrics = get("/metrics", from: server)
        #expect(metrics.head.first == "HTTP/1.1 200 OK")
        #expect(metrics.field("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
        #expect(metrics.field("Cache-Control") == "no-store")
        #expect(metrics.field("X-Content-Type-Options") == "nosniff")
        #expect(metrics.body == "# HELP a A\n# TYPE a gauge\na 1\n")

        let status = get("/status", from: server)
        #expect(status.status == 200)
        #expect(status.field("Content-Type") == "application/json")
        #expect(status.field("Cache-Control") == "no-store")
        #expect(status.body == "{}")
        #expect(get("/status?upstream=bybit", from: server).body == #"{"name":"bybit"}"#)
        #expect(get("/status?upstream=none", from: server).status == 404)

        let health = get("/health", from: server)
        #expect(health.field("Content-Type") == "application/health+json")
        #expect(health.body == #"{"status":"pass"}"#)
        let configuration = get("/config", from: server)
        #expect(configuration.field("Content-Type") == "application/yaml")
        #expect(configuration.body == "upstreams: []\n")
        let page = get("/", from: server)
        #expect(page.field("Content-Type") == "text/html; charset=utf-8")
        #expect(page.field("Content-Security-Policy") == "default-src 'none'; style-src x")
        #expect(page.body == "<!doctype html>")

        #expect(get("/livez", from: server).body == "ok")
        #expect(get("/readyz", from: server).body == "ok")
        source.become(.notReady(reason: "draining"))
        let readyz = get("/readyz", from: server)
        #expect(readyz.status == 503)
        #expect(readyz.body == "draining")
        #expect(get("/livez", from: server).status == 200)

        #expect(get("/none", from: server).status == 404)
        let post = get("/metrics", from: server, method: "POST")
        #expect(post.status == 405)
        #expect(post.field("Allow") == "GET, HEAD")
        #expect(get("/livez", from: server, host: "evil.example").status == 421)
    }

    @Test(
        "answers HEAD like GET without the body, and goes on with the connection",
        arguments: ["/metrics", "/livez", "/"])
    func head(target: String) throws {
        let server = try serve()
        let client = RawClient(to: server.address)
        client.send("HEAD \(target) HTTP/1.1\r\nHost: localhost\r\n\r\n")
        let head = client.readResponse(hasBody: false)
        client.send("GET \(target) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        let get = client.readToEnd()
        #expect(head.status == 200)
        #expect(head.body == "")
        #expect(get.status == 200)
        #expect(head.field("Content-Length") == "\(get.body.utf8.count)")
        #expect(head.field("Content-Type") == get.field("Content-Type"))
    }

    @Test("answers pipelined requests in order")
    func pipelining() throws {
        let server = try serve()
        let client = RawClient(to: server.address)
        let next = "HTTP/1.1\r\nHost: localhost\r\n"
        client.send("GET /metrics \(next)\r\nGET /livez \(next)\r\nGET /status \(next)Connection: close\r\n\r\n")
        let text = client.readToEnd().text
        let order = ["a 1\n", "\r\n\r\nok", "{}"].map { text.firstRange(of: $0)?.lowerBound }
        #expect(order.allSatisfy { $0 != nil })
        #expect(order.compactMap { $0 } == order.compactMap { $0 }.sorted())
    }

    @Test("answers HTTP/1.0 without a Host")
    func http10() throws {
        let server = try serve()
        let client = RawClient(to: server.address)
        client.send("GET /livez HTTP/1.0\r\n\r\n")
        #expect(client.readToEnd().status == 200)
    }

    @Test("reads a small body past and goes on with the connection")
    func smallBody() throws {
        let server = try serve()
        let client = RawClient(to: server.address)
        let body = String(repeating: "GET /none HTTP/1.1\r\n", count: 204)
        client.send("GET /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
        #expect(client.readResponse().status == 200)
        client.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(client.readResponse().status == 200)
    }

    @Test(
        "refuses a body that is long, or of unknown length, without waiting for it",
        arguments: [
            ("Content-Length: 4097", 413), ("Content-Length: 5000000\r\nExpect: 100-continue", 413),
            ("Transfer-Encoding: chunked", 411),
        ])
    func longBody(field: String, status: Int) throws {
        let server = try serve()
        let client = RawClient(to: server.address)
        client.send("POST /metrics HTTP/1.1\r\nHost: localhost\r\n\(field)\r\n\r\n")
        let response = client.readToEnd()
        #expect(response.status == status)
        #expect(response.field("Connection") == "close")
    }

    @Test(
        "answers rubbish with 400 or by closing, and goes on serving",
        arguments: ["\0\0\0\0\r\n\r\n", "GET\r\n\r\n"])
    func rubbish(text: String) throws {
        let server = try serve(timeouts: AdminTimeouts(inactivity: .seconds(1)))
        let client = RawClient(to: server.address)
        client.send(text)
        #expect([400, nil].contains(client.readToEnd().status))
        #expect(get("/livez", from: server).status == 200)
    }
}
