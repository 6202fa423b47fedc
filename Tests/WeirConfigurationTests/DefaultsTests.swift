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
        #expect(!read.admin.allowChanges)
        #expect(read.api.listen == nil)
        #expect(read.log.level == .info)
        #expect(read.log.format == .text)
        #expect(!read.log.access)
        #expect(read.stateFile == nil)
        #expect(read.drainTimeout == .seconds(30))
        #expect(read.shared == nil)

        let one = try upstream(text)
        #expect(one.name == "bybit")
        #expect(one.listen == .tcp(host: "127.0.0.1", port: 8081))
        #expect(one.url == UpstreamURL(transport: .https(host: "api.bybit.com", port: 443)))
        #expect(one.hosts == [])
        #expect(one.caFile == nil)
        #expect(!one.preserveHost)
        #expect(one.requestHeaders == [])
        #expect(one.trustedProxies == [])
        #expect(one.honoursCallerHeaders)
        #expect(!one.via)
        #expect(one.preset == nil)
        #expect(one.mode == .enforce)
        #expect(one.expires == nil)
        #expect(one.retry == RetrySettings())
        #expect(one.feedback == FeedbackSettings())
        #expect(one.pool.dnsTTL == .seconds(300))
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
        #expect(other.retry == RetrySettings())
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
            api: { listen: null }
            log: { level: null, format: ~ }
            state_file: null
            shared: null
            drain_timeout:
            upstreams:
              - name: bybit
                listen: 127.0.0.1:8081
                url: https://api.bybit.com
                hosts: null
                ca_file: ~
                preserve_host: null
                request_headers: null
                trusted_proxies: null
                caller_headers: null
                via: null
                preset: null
                expires: null
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
            admin: { listen: 127.0.0.1:9464, allow_hosts: [], allow_changes: false, max_connections: 256 }
            api: { listen: null }
            log: { level: info, format: text, access: false }
            state_file: null
            drain_timeout: 30s
            upstreams:
              - name: bybit
                listen: 127.0.0.1:8081
                hosts: []
                url: https://api.bybit.com
                ca_file: null
                preserve_host: false
                request_headers: {}
                trusted_proxies: []
                caller_headers: honour
                via: false
                preset: null
                mode: enforce
                expires: null
                limits: []
                endpoint_defaults: { limits: [] }
                queue: { max_wait: 10s, max_length: 1024 }
                breaker:
                  { scope: endpoint, window: 60s, fail_threshold: 10, failure_ratio: null, min_requests: 20,
                    slow_call: null, cooldown: 30s, max_cooldown: null, min_dwell: 30s, half_open_dwell: 0s,
                    probe_count: 1, probe_timeout: 30s }
                timeouts: { connect: 10s, response: 20s, request: 30s, idle: 20s }
                retry:
                  { max_attempts: 3, initial_delay: 1s, multiplier: 2, max_delay: 30s, jitter: 0.25,
                    methods: [GET, HEAD, OPTIONS], statuses: [429, 500, 502, 503, 504], on: [connect, network, timeout],
                    budget: { ratio: 0.2, min_per_second: 10, window: 10s }, max_body: 64KiB }
                pool: { max_connections: 100, idle_timeout: 60s, dns_ttl: 300s }
                feedback:
                  { headers: auto, limit: null, clamp: true, warn_remaining: 100, slow_remaining: 50, slow_delay: 100ms,
                    freeze_scope: upstream, shrink_on_429: 0.5, recover_over: 60s, ban_statuses: [418], ban_freeze: 10m,
                    classify: [] }
            """)
    }

    @Test("A limit written with the contract's own values is the bare one")
    func limit() throws {
        let bare = "limits: [{ name: a, algorithm: sliding_window, requests: 600, per: 5s }]"
        let written = """
            limits:
              - { name: a, algorithm: sliding_window, requests: 600, per: 5s, margin: 20ms, on_limit: wait, reserve: 0,
                  key: null, key_missing: shared, max_keys: 10000, tiers: null, host_load: null, shared: false }
            """
        #expect(try upstream(withUpstream(bare)).limits == upstream(withUpstream(written)).limits)
        #expect(warnings(withUpstream(written)) == [])
    }

    @Test("shared, given at all, has the contract's defaults")
    func shared() throws {
        let options = try #require(try settings("shared: {}\n" + withUpstream("")).shared)
        #expect(options.redis == RedisAddress(transport: .tcp(host: "127.0.0.1", port: 6379)))
        #expect(options.instances == 3)
        #expect(options.commandTimeout == .milliseconds(50))
        #expect(options.keyPrefix == "weir:")
    }
}
