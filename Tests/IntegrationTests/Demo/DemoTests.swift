import Foundation
import Testing
import WeirTestKit

/// `weir demo`: alive by itself.
@Suite("The demonstration")
struct DemoTests {
    @Test("is alive within 5 s, opens the circuit of its orders within 30 s and ends with 0 on SIGINT")
    func demonstration() async throws {
        try await Turnstile.processes.pass {
            let start = ContinuousClock.now
            let weir = try WeirProcess.start(["demo", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"])
            do {
                let admin = try await weir.adminAddress(within: .seconds(5))
                try await Self.waitForMetrics(admin, until: start + .seconds(5), "calls") {
                    $0.sum("mm_api_requests_total", ["outcome": "success"]) > 0
                }
                for page in ["/metrics", "/status"] {
                    try await weir.waitForLine(containing: "http://\(admin)\(page)")
                    #expect(weir.outputLines.contains { $0.contains("http://\(admin)\(page)") })
                }
                let address = try await weir.address(of: "exchange")
                #expect(weir.outputLines.contains { $0.contains("http://\(address)/") })
                #expect(try await HTTPCall.get(address, "/v5/market/tickers").status == 200)

                try await Self.waitForMetrics(admin, until: start + .seconds(30), "the orders' circuit to open") {
                    $0.sum(
                        "mm_circuit_transitions_total",
                        ["endpoint": "place_order", "from": "closed", "to": "open"]) > 0
                }
                let page = try await HTTPCall.get(admin, "/metrics", within: Stand.patience)
                let refused = Exposition(page.text).sum("mm_circuit_state", ["endpoint": "market_data"])
                #expect(refused == 0)
                weir.signal(SIGINT)
                #expect(try await weir.waitForExit(within: Stand.patience) == 0)
            } catch {
                try await weir.stop()
                throw error
            }
            try await weir.stop()
        }
    }

    private static func waitForMetrics(
        _ admin: SocketEndpoint, until end: ContinuousClock.Instant, _ what: String,
        _ condition: @escaping @Sendable (Exposition) -> Bool
    ) async throws {
        try await withDeadline(end - .now, waitingFor: what, seen: { "" }) {
            while !condition(Exposition(try await HTTPCall.get(admin, "/metrics").text)) {
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }
}
