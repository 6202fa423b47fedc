import Testing
import WeirConfiguration
import WeirCore
import WeirProxy

@Suite("Defaults")
struct DefaultsTests {
    private func expectContract(_ text: String) throws {
        let read = try settings(text)
        #expect(read.admin.listen == .tcp(host: "127.0.0.1", port: 9464))
        #expect(read.admin.allowHosts == [])
        #expect(read.admin.maxConnections == 256)
        #expect(read.log.level == .info)
        #expect(read.drainTimeout == .seconds(30))

        let one = try upstream(text)
        #expect(one.name == "bybit")
        #expect(one.listen == .tcp(host: "127.0.0.1", port: 8081))
        #expect(one.url == UpstreamURL(transport: .https(host: "api.bybit.com", port: 443)))
        #expect(one.hosts == [])
        #expect(one.caFile == nil)
        #expect(!one.preserveHost)
        #expect(one.requestHeaders == [])
        #expect(one.honoursCallerHeaders)
        #expect(one.limits == [])
        #expect(one.line == LineSettings(maxWait: .seconds(10), maxLength: 1024))
        #expect(one.breakerScope == .endpoint)
        expectContract(one.circuit)
        #expect(one.timeouts.connect == .seconds(10))
        #expect(one.timeouts.response == .seconds(20))
        #expect(one.timeouts.request == .seconds(30))
        #expect(one.timeouts.idle == .seconds(20))
        #expect(one.pool.maxConnections == 100)
        #expect(one.pool.idleTimeout == .seconds(60))

        let other = try #require(one.endpoints.first)
        #expect(one.endpoints.count == 1)
        #expect(other.name == "other")
        #expect(other.match == EndpointMatch())
        #expect(other.priority == .normal)
        #expect(!other.bypassesCircuit)
        #expect(other.cost == .fixed(1))
        #expect(other.limits == [])
        #expect(other.line == one.line)
        expectContract(other.circuit)
    }

    private func expectContract(_ circuit: CircuitSettings?) {
        #expect(circuit?.window == .seconds(60))
        #expect(circuit?.failThreshold == 10)
        #expect(circuit?.failureRatio == nil)
        #expect(circuit?.minRequests == 20)
        #expect(circuit?.slowCall == nil)
        #expect(circuit?.cooldown == .seconds(30))
        #expect(circuit?.maxCooldown == nil)
        #expect(circuit?.minDwell == .seconds(30))
        #expect(circuit?.halfOpenDwell == .zero)
        #expect(circuit?.probeCount == 1)
        #expect(circuit?.probeTimeout == .seconds(30))
    }

    @Test("A bare upstream has the contract's defaults")
    func bare() throws {
        try expectContract(withUpstream(""))
    }

    @Test("null means the default, everywhere")
    func nulls() throws {
        try expectContract(
            """
            admin: ~
            log: { level: null }
            drain_timeout:
            upstreams:
              - name: bybit
                listen: 127.0.0.1:8081
                url: https://api.bybit.com
                hosts: null
                ca_file: ~
                preserve_host: null
                request_headers: null
                caller_headers: null
                mode: null
                limits: null
                endpoint_defaults: { limits: null }
                queue: { max_wait: null, max_length: null }
                breaker: { failure_ratio: null, slow_call: null, max_cooldown: null, cooldown: null, scope: null }
                timeouts: null
                pool: { max_connections: null }
                retry: null
                feedback: null
                endpoints: null
            """)
    }

    @Test("The contract's own values say nothing new")
    func written() throws {
        try expectContract(
            """
            admin: { listen: 127.0.0.1:9464, allow_hosts: [], max_connections: 256 }
            log: { level: info }
            drain_timeout: 30s
            upstreams:
              - name: bybit
                listen: 127.0.0.1:8081
                hosts: []
                url: https://api.bybit.com
                ca_file: null
                preserve_host: false
                request_headers: {}
                caller_headers: honour
                mode: enforce
                limits: []
                endpoint_defaults: { limits: [] }
                queue: { max_wait: 10s, max_length: 1024 }
                breaker:
                  { scope: endpoint, window: 60s, fail_threshold: 10, failure_ratio: null, min_requests: 20,
                    slow_call: null, cooldown: 30s, max_cooldown: null, min_dwell: 30s, half_open_dwell: 0s,
                    probe_count: 1, probe_timeout: 30s }
                timeouts: { connect: 10s, response: 20s, request: 30s, idle: 20s }
                pool: { max_connections: 100, idle_timeout: 60s }
            """)
    }
}
