import Foundation
import Testing
import WeirTestKit

/// Several upstreams in one process.
@Suite("Upstreams side by side")
struct UpstreamsApartTests {
    @Test("limits, stops and circuits of one are nothing to the other, though they share listener, names and provider")
    func apart() async throws {
        try await Turnstile.processes.pass {
            let provider = try await ScriptedUpstream.start { request in
                switch request.target {
                case "/stop": .respond(429, headers: ["Retry-After: 30"])
                case "/bad": .respond(500)
                default: .respond(200)
                }
            }
            let rules = """
                url: "http://\(provider.endpoint)", listen: "unix:{folder}/l.sock", retry: off, \
                breaker: { fail_threshold: 1 }, queue: { max_wait: 0s }, \
                limits: [{ name: ip, algorithm: sliding_window, requests: 2, per: 60s }]
                """
            let names = ["limited", "stopped", "failing", "well"]
            let upstreams = names.map { "  - { name: \($0), hosts: [\($0).example], \(rules) }" }
            let weir = try WeirProcess.start(
                configuration: "admin: { listen: \"127.0.0.1:0\" }\nupstreams:\n" + upstreams.joined(separator: "\n"))
            try await weir.waitForLine(containing: "listening", within: Stand.patience)
            let address = SocketEndpoint.unix(path: weir.folder.appending(path: "l.sock").path)
            let calls = [
                ("limited", "/", 200, nil), ("limited", "/", 200, nil), ("limited", "/", 429, "rate_limited"),
                ("stopped", "/stop", 429, nil), ("stopped", "/", 429, "frozen"),
                ("failing", "/bad", 500, nil), ("failing", "/", 503, "circuit_open"),
                ("well", "/", 200, nil), ("well", "/", 200, nil),
            ]
            for (host, target, status, reason) in calls {
                let answer = try await HTTPCall.get(
                    address, target, headers: ["Host: \(host).example"], within: Stand.patience)
                #expect(answer.status == status, "\(host) \(target)")
                #expect(answer.reason == reason, "\(host) \(target)")
            }
            try await weir.stop()
            await provider.stop()
        }
    }
}
