internal import NIOCore
internal import NIOPosix
package import WeirSidecar

/// The exchange and the caller of `weir demo`, and the configuration that puts a sidecar between them.
package struct Demonstration: Sendable {
    private let exchange: SimulatedExchange
    private let group: MultiThreadedEventLoopGroup

    /// Starts the exchange on a free port of loopback.
    package static func start() async throws -> Demonstration {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let exchange = try await SimulatedExchange.start(on: group, faults: .demonstration)
        return Demonstration(exchange: exchange, group: group)
    }

    /// The configuration of the sidecar between them.
    package func configuration(listen: String, admin: String) -> String {
        """
        admin: { listen: "\(admin)" }
        upstreams:
          - name: exchange
            listen: "\(listen)"
            url: "http://127.0.0.1:\(exchange.port)"
            limits:
              - { name: ip, algorithm: sliding_window, requests: 600, per: 5s }
            queue: { max_wait: 10s, max_length: 256 }
            # Short, so that a visitor sees a circuit open, probe and close again within a minute.
            breaker: { fail_threshold: 5, window: 10s, cooldown: 4s, min_dwell: 4s, half_open_dwell: 1s, probe_count: 2 }
            pool: { max_connections: 32 }
            endpoints:
              - name: place_order
                match: { method: POST, path: /v5/order/create }
                priority: high
                limits:
                  - { name: orders, algorithm: token_bucket, rate: 30/s, burst: 30 }
              - name: cancel_order
                match: { method: POST, path: /v5/order/cancel }
                priority: critical
                bypass_circuit: true
              - name: market_data
                match: { method: GET, path: /v5/market/* }
              - name: wallet
                match: { method: GET, path: /v5/account/wallet-balance }
                priority: low
        """
    }

    /// Calls through the sidecar until the task is cancelled.
    package func call(_ sidecar: Sidecar) async {
        guard let address = try? await sidecar.addresses().first?.address,
            let colon = address.lastIndex(of: ":"), let port = Int(address[address.index(after: colon)...])
        else { return }
        let host = address[..<colon].trimmingBrackets
        await DemoCaller(host: host, port: port, group: group).run()
    }
}

extension Substring {
    fileprivate var trimmingBrackets: String {
        String(drop { $0 == "[" }.prefix { $0 != "]" })
    }
}
