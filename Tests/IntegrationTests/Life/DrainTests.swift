import Foundation
import Testing
import WeirTestKit

/// The end of a sidecar: what becomes of those in line and in flight.
@Suite("Stopping")
struct DrainTests {
    private static let rules = """
        limits: [{ name: ip, algorithm: sliding_window, requests: 1, per: 60s }]
        timeouts: { request: 200s, response: 100s }
        queue: { max_wait: 190s }
        """

    @Test(
        "SIGTERM and SIGINT drain: the line is refused at once, calls in flight finish",
        arguments: [SIGTERM, SIGINT])
    func drain(signal: Int32) async throws {
        try await Stand.run(Self.rules) { stand in
            #expect(try await HTTPCall.get(stand.admin, "/readyz").status == 200)
            let flying = try await stand.hold("/flying")
            let waiting = try await stand.open("/waiting")
            try await stand.waitForLine(1)

            stand.weir.signal(signal)
            let refused = try await waiting.response()
            #expect(refused.status == 503)
            #expect(refused.reason == "draining")
            #expect(refused.retryAfter ?? 0 >= 1)
            #expect(refused["Connection"]?.lowercased() == "close")

            let readiness = try await HTTPCall.get(stand.admin, "/readyz", within: Stand.patience)
            #expect(readiness.status == 503)
            #expect(readiness.text.contains("draining"))
            #expect(try await HTTPCall.get(stand.admin, "/livez", within: Stand.patience).status == 200)
            #expect(try await stand.status()["draining"] == .bool(true))
            let metrics = try await stand.metrics()
            #expect(metrics.outcomes("draining") == 1)
            #expect(metrics.sum("mm_queue_length") == 0)
            #expect(try await stand.get("/late").reason == "draining")
            #expect(stand.weir.isRunning)

            try await flying.finish()
            let answer = try await flying.response()
            #expect(answer.status == 200)
            #expect(answer.text == "ok")
            #expect(answer["Connection"]?.lowercased() == "close")
            #expect(try await stand.weir.waitForExit(within: Stand.patience) == 0)
            #expect(stand.upstream.requests.count == 1)
        }
    }

    @Test("answers that callers have yet to take come whole")
    func untaken() async throws {
        // On a unix socket the kernel holds so little that most of these wait within the process.
        let lengths = Array(stride(from: 200_000, through: 400_000, by: 50_000))
        let upstream = try await ScriptedUpstream.start { request in
            .respond(200, body: String(repeating: "x", count: Int(request.target.dropFirst()) ?? 0))
        }
        try await Turnstile.processes.pass {
            let text = Stand.configuration(url: "http://\(upstream.endpoint)", listen: "unix:{folder}/l.sock")
            let weir = try WeirProcess.start(configuration: text)
            let stand = Stand(
                weir: weir, upstream: upstream, address: try await weir.address(of: "api", within: Stand.patience),
                admin: try await weir.adminAddress(within: Stand.patience))
            var calls: [OpenCall] = []
            for length in lengths { calls.append(try await stand.open("/\(length)")) }
            try await stand.waitForMetrics("the end of some calls") { $0.outcomes("success") ?? 0 > 0 }
            weir.signal(SIGTERM)
            for (length, call) in zip(lengths, calls) {
                #expect(try await call.response().body.count == length)
            }
            #expect(try await weir.waitForExit(within: Stand.patience) == 0)
            try await weir.stop()
        }
        await upstream.stop()
    }

    @Test("with nothing under way it ends at once, and closes what callers keep open")
    func idle() async throws {
        try await Stand.run { stand in
            let client = try await RawClient.connect(to: stand.address)
            try await client.send("GET / HTTP/1.1\r\nHost: \(stand.address.authority)\r\n\r\n")
            #expect(try await client.readResponse(within: Stand.patience).status == 200)
            stand.weir.signal(SIGTERM)
            #expect(try await client.readUntilClose(within: Stand.patience).isEmpty)
            #expect(try await stand.weir.waitForExit(within: Stand.patience) == 0)
        }
    }

    @Test("a second signal ends it at once", arguments: [SIGTERM, SIGINT])
    func secondSignal(signal: Int32) async throws {
        try await Stand.run(Self.rules, root: "drain_timeout: 100s") { stand in
            let flying = try await stand.hold("/flying")
            stand.weir.signal(signal)
            try await stand.weir.waitForLine(containing: "draining", within: Stand.patience)
            stand.weir.signal(signal)
            try await stand.weir.waitForExit(within: Stand.patience)
            await flying.hangUp()
        }
    }

    @Test("drain_timeout cuts what is still in flight, which never looks complete")
    func drainTimeout() async throws {
        let script: ScriptedUpstream.Script = { _ in
            ScriptedReply.raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf").then(.hang)
        }
        try await Stand.run(Self.rules, root: "drain_timeout: 300ms", script: script) { stand in
            let flying = try await stand.open("/flying")
            try await stand.upstream.wait(for: "half an answer", within: Stand.patience) { $0.bytesSent > 0 }
            stand.weir.signal(SIGTERM)
            let text = String(decoding: try await flying.bytesUntilClose(), as: UTF8.self)
            #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(text.hasSuffix("\r\n\r\nhalf"))
            #expect(try await stand.weir.waitForExit(within: Stand.patience) == 0)
        }
    }

    @Test("SIGHUP does not end it")
    func hangUp() async throws {
        try await Stand.run { stand in
            stand.weir.signal(SIGHUP)
            try await stand.weir.waitForLine(containing: "configuration reloaded", within: Stand.patience)
            #expect(try await stand.get("/").status == 200)
            #expect(stand.weir.isRunning)
        }
    }
}
