import Foundation
import NIOCore
import NIOPosix
import Testing
import WeirTestKit

/// What becomes of listeners, callers and connections.
@Suite("Connections over a reload")
struct ReloadConnectionTests {
    private static func other(_ stand: Stand, listen: String, name: String = "second") -> String {
        "- { name: \(name), listen: \"\(listen)\", url: \"http://\(stand.upstream.endpoint)\", retry: off }"
    }

    @Test("callers' connections and those to the provider live on")
    func liveOn() async throws {
        try await Stand.run(changes: true) { stand in
            let client = try await RawClient.connect(to: stand.address, within: Stand.patience)
            for round in 1...5 {
                let answer = try await stand.get("/", on: client)
                #expect(answer.status == 200)
                #expect(answer["Connection"] == nil)
                let rules = "limits: [{ name: ip, algorithm: sliding_window, requests: \(round)0, per: 60s }]"
                #expect(try await stand.reload(rules, root: "drain_timeout: \(round)s").status == 202)
            }
            #expect(stand.upstream.record.connections.count == 1)
            await client.close()
        }
    }

    @Test("a call in flight to an endpoint that is gone ends as one to other, and nothing stays counted")
    func goneEndpoint() async throws {
        let rules = """
            limits: [{ name: places, algorithm: concurrency, max: 3 }]
            endpoints:
              - { name: first, match: { path: /first } }
              - { name: gone, match: { path: /gone }, limits: [{ name: own, algorithm: concurrency, max: 1 }] }
            """
        try await Stand.run(rules, changes: true) { stand in
            let flying = try await stand.hold("/gone")
            let waiting = try await stand.open("/gone")
            try await stand.waitForLine(1)
            let reduced = rules.split(separator: "\n").dropLast(2).joined(separator: "\n")
            let renewed = reduced + "\n  - { name: new, match: { path: /new } }"
            #expect(try await stand.reload(renewed).status == 202)
            #expect(try await waiting.response().status == 200)
            var upstream = try await stand.upstreamStatus()
            #expect(upstream["endpoints"].elements.map { $0["name"] } == [.string("new"), .string("other")])
            #expect(upstream["endpoints"].named("other")["in_flight"] == .number(1))
            #expect(upstream["limits"].named("places")["used"] == .number(1))
            let metrics = try await stand.metrics()
            #expect(metrics.samples.allSatisfy { $0.labels["endpoint"] != "gone" && $0.labels["endpoint"] != "first" })
            #expect(metrics.outcomes("success", endpoint: "new") == 0)
            #expect(try await stand.get("/new")["Weir-Endpoint"] == "new")
            try await flying.finish()
            #expect(try await flying.response().status == 200)
            upstream = try await stand.upstreamStatus()
            #expect(upstream["endpoints"].named("other")["in_flight"] == .number(0))
            #expect(upstream["limits"].named("places")["used"] == .number(0))
            #expect(try await stand.metrics().outcomes("success") == 2)
        }
    }

    @Test("an upstream that is added is there, and one that is gone finishes its calls, those in line included")
    func upstreams() async throws {
        try await Stand.run(changes: true) { stand in
            let path = stand.weir.folder.appending(path: "b.sock").path
            let limited =
                Self.other(stand, listen: "unix:\(path)").dropLast(2)
                + ", limits: [{ name: ip, algorithm: token_bucket, rate: 1/s, burst: 1 }] }"
            #expect(try await stand.reload(more: String(limited)).status == 202)
            let second = SocketEndpoint.unix(path: path)
            #expect(
                try await stand.metrics().value(
                    "mm_api_requests_total", ["upstream": "second", "endpoint": "other", "outcome": "success"]) == 0)
            let flying = try await OpenCall.held(second, "/flying")
            try await stand.upstream.wait(for: "the call") { $0.requests.contains { $0.target == "/flying" } }
            let waiting = try await OpenCall.get(second, "/waiting")
            try await stand.waitForMetrics("the line") { $0.sum("mm_queue_length", ["upstream": "second"]) == 1 }
            #expect(try await stand.reload().status == 202)
            let metrics = try await stand.metrics()
            #expect(metrics.samples.allSatisfy { $0.labels["upstream"] != "second" })
            #expect(try await stand.status()["upstreams"].elements.count == 1)
            let late = try await waiting.response()
            #expect(late.status == 200)
            #expect(late["Connection"]?.lowercased() == "close")
            try await flying.finish()
            #expect(try await flying.response().status == 200)
            await #expect(throws: (any Error).self) { try await RawClient.connect(to: second) }
            // What is left of it lets go of the provider.
            try await stand.upstream.wait(for: "its connections to close", within: Stand.patience) {
                $0.openConnections == 0
            }
        }
    }

    @Test("where an upstream listens elsewhere, callers of the old address are served once more and sent away")
    func moved() async throws {
        try await Stand.run(changes: true) { stand in
            let paths = ["a", "b"].map { stand.weir.folder.appending(path: "\($0).sock").path }
            let limits =
                "limits: [{ name: ip, algorithm: sliding_window, requests: 4, per: 60s }]\nqueue: { max_wait: 0s }"
            #expect(try await stand.reload(limits, listen: "unix:\(paths[0])").status == 202)
            let old = try await RawClient.connect(to: .unix(path: paths[0]), within: Stand.patience)
            let idle = try await RawClient.connect(to: .unix(path: paths[0]), within: Stand.patience)
            #expect(try await stand.get("/", on: old).status == 200)
            #expect(try await stand.get("/", on: idle).status == 200)
            #expect(try await stand.reload(limits, listen: "unix:\(paths[1])").status == 202)
            let last = try await stand.get("/", on: old)
            #expect(last.status == 200)
            #expect(last["Connection"]?.lowercased() == "close")
            #expect(try await old.readUntilClose(within: Stand.patience).isEmpty)
            #expect(try await idle.readUntilClose(within: Stand.patience).isEmpty)
            await #expect(throws: (any Error).self) { try await RawClient.connect(to: .unix(path: paths[0])) }
            // It is the same upstream still.
            let there = SocketEndpoint.unix(path: paths[1])
            #expect(try await HTTPCall.get(there, "/", within: Stand.patience).status == 200)
            #expect(try await HTTPCall.get(there, "/", within: Stand.patience).status == 429)
            #expect(try await stand.upstreamStatus()["listen"] == .string("unix:\(paths[1])"))
        }
    }

    @Test("hosts that are told apart on one address change with it")
    func hosts() async throws {
        try await Stand.run(changes: true) { stand in
            let path = stand.weir.folder.appending(path: "b.sock").path
            let shared = Self.other(stand, listen: "unix:\(path)")
            let own = Self.other(stand, listen: "unix:\(path)", name: "third").dropLast(2) + ", hosts: [c.test] }"
            #expect(try await stand.reload(more: shared + "\n" + own).status == 202)
            let client = try await RawClient.connect(to: .unix(path: path), within: Stand.patience)
            func reason(_ host: String) async throws -> String? {
                try await client.send("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n")
                return try await client.readResponse(within: Stand.patience).reason
            }
            #expect(try await reason("b.test") == nil)
            #expect(try await stand.reload(more: String(own)).status == 202)
            #expect(try await reason("b.test") == "no_upstream")
            #expect(try await reason("c.test") == nil)
            await client.close()
        }
    }

    @Test("an address that cannot be had refuses the whole, and nothing has changed")
    func busy() async throws {
        try await Stand.run(changes: true) { stand in
            let path = stand.weir.folder.appending(path: "b.sock").path
            let more =
                Self.other(stand, listen: "\(stand.upstream.endpoint)", name: "third") + "\n"
                + Self.other(stand, listen: "unix:\(path)")
            let limits = "limits: [{ name: ip, algorithm: sliding_window, requests: 1, per: 60s }]"
            let answer = try await stand.reload(limits, more: more)
            #expect(answer.status == 422)
            #expect(
                try answer.problems().contains { $0.contains("\(stand.upstream.endpoint)") && $0.contains("in use") })
            await #expect(throws: (any Error).self) { try await RawClient.connect(to: .unix(path: path)) }
            #expect(try await stand.status()["upstreams"].elements.count == 1)
            #expect(try await stand.upstreamStatus()["limits"].elements.isEmpty)
            #expect(try await stand.metrics().samples.allSatisfy { $0.labels["upstream"] != "second" })
            #expect(try await stand.get("/").status == 200)
        }
    }

    @Test("where the provider is elsewhere, calls go there at once, and those under way finish where they are")
    func provider() async throws {
        let elsewhere = try await ScriptedUpstream.start { _ in .respond(200, body: "elsewhere") }
        try await Stand.run(changes: true) { stand in
            #expect(try await stand.get("/").text == "ok")
            let flying = try await stand.hold("/flying")
            #expect(try await stand.reload(url: "http://\(elsewhere.endpoint)").status == 202)
            #expect(try await stand.get("/").text == "elsewhere")
            #expect(
                try await stand.metrics().value("mm_upstream_connections", ["upstream": "api", "state": "active"]) == 1)
            try await flying.finish()
            #expect(try await flying.response().text == "ok")
            try await stand.upstream.wait(for: "the old connections to close", within: Stand.patience) {
                $0.openConnections == 0
            }
            #expect(elsewhere.record.openConnections == 1)
        }
        await elsewhere.stop()
    }

    @Test("a call in line for a connection to where the provider was goes to where it is")
    func pendingConnect() async throws {
        let elsewhere = try await ScriptedUpstream.start { _ in .respond(200, body: "elsewhere") }
        // Somebody who takes connections, and says nothing to a TLS client.
        let mute = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup).bind(
            host: "127.0.0.1", port: 0
        ).get()
        let rules = "timeouts: { connect: 60s, request: 100s }"
        try await Stand.run(rules, changes: true) { stand in
            let port = try #require(mute.localAddress?.port)
            #expect(try await stand.reload(rules, url: "https://127.0.0.1:\(port)").status == 202)
            let call = try await stand.open("/")
            try await stand.waitForLine(1)
            #expect(try await stand.reload(rules, url: "http://\(elsewhere.endpoint)").status == 202)
            #expect(try await call.response().text == "elsewhere")
        }
        try await mute.close()
        await elsewhere.stop()
    }
}
