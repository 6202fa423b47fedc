import Testing
import WeirConfiguration
import WeirCore
import WeirProxy

@Suite("Whole configurations")
struct SampleTests {
    @Test("Every key is read")
    func everyKey() throws {
        let read = try settings(sampleConfiguration)
        #expect(read.admin.listen == .tcp(host: "::1", port: 9000))
        #expect(read.admin.allowHosts == ["weir.internal", "ops"])
        #expect(read.admin.maxConnections == 9)
        #expect(read.admin.allowChanges)
        #expect(read.api.listen == .unix(path: "/run/weir/api.sock"))
        #expect(read.log.level == .debug)
        #expect(read.log.format == .json)
        #expect(read.log.access)
        #expect(read.stateFile == "/var/lib/weir/state")
        #expect(read.drainTimeout == .seconds(60))
        let shared = try #require(read.shared)
        let server = RedisAddress.Transport.tls(host: "redis.internal", port: 6380)
        #expect(shared.redis == RedisAddress(transport: server, database: 2, user: "weir", password: "hunter2"))
        #expect(shared.instances == 4)
        #expect(shared.commandTimeout == .milliseconds(20))
        #expect(shared.keyPrefix == "w-")

        let one = try upstream(sampleConfiguration)
        #expect(one.listen == .unix(path: "/run/weir/bybit.sock"))
        #expect(one.hosts == ["api.bybit.com", "[::1]"])
        #expect(one.url == UpstreamURL(transport: .http(host: "10.0.0.1", port: 8080), pathPrefix: "/v5"))
        #expect(one.caFile == "/etc/ca.pem")
        #expect(one.preserveHost)
        #expect(one.requestHeaders == [HeaderSetting(name: "X-BAPI-API-KEY", value: "k*1")])
        #expect(!one.honoursCallerHeaders)
        #expect(one.trustedProxies == ["10.0.0.0/8", "fd00::/8", "192.0.2.7"].compactMap { AddressBlock($0) })
        #expect(one.via)
        #expect(one.mode == .shadow)
        #expect(one.limits == Self.limits)
        #expect(one.expires == ExpirySettings(header: "X-BAPI-TIMESTAMP", window: .seconds(4)))
        #expect(one.retry == Self.retry)
        #expect(one.feedback == Self.feedback)
        #expect(one.pool.dnsTTL == .zero)
        #expect(one.line == LineSettings(maxWait: .seconds(6), maxLength: 64))
        #expect(one.circuit == Self.circuit)
        #expect(one.timeouts.connect == .seconds(1))
        #expect(one.timeouts.response == .seconds(2))
        #expect(one.timeouts.request == .seconds(7))
        #expect(one.timeouts.idle == .seconds(4))
        #expect(one.pool.maxConnections == 5)
        #expect(one.pool.idleTimeout == .seconds(6))
        #expect(one.endpoints.map(\.name) == ["place_order", "cancel", "market", "other"])
        #expect(warnings(sampleConfiguration) == [])
    }

    @Test("Endpoints are read and take over what they do not say")
    func endpoints() throws {
        let endpoints = try upstream(sampleConfiguration).endpoints
        let each = LimitSettings(
            name: "each", algorithm: .slidingWindow(requests: 10, per: .seconds(1), margin: .milliseconds(20)))
        let burst = LimitSettings(
            name: "burst", algorithm: .tokenBucket(rate: Rate(permits: 8, per: .seconds(1)), burst: 4))

        let place = endpoints[0]
        #expect(place.match.method == "POST")
        #expect(place.match.path?.description == "/v5/order/create")
        #expect(place.priority == .high)
        #expect(place.bypassesCircuit)
        #expect(place.cost == .fixed(2))
        #expect(place.limits.map(\.name) == ["each", "burst", "own"])
        #expect(
            place.limits[0].algorithm == .slidingWindow(requests: 20, per: .seconds(1), margin: .milliseconds(20)))
        var circuit = Self.circuit
        circuit.failThreshold = 3
        circuit.failureRatio = nil
        #expect(place.circuit == circuit)
        #expect(place.line == LineSettings(maxWait: .seconds(6), maxLength: 8))
        var retry = Self.retry
        retry.maxAttempts = 2
        #expect(place.retry == retry)

        #expect(endpoints[1].circuit == nil)
        #expect(endpoints[1].retry.maxAttempts == 1)
        #expect(endpoints[2].retry == Self.retry)
        #expect(endpoints[1].cost == .header("X-Cost"))
        #expect(endpoints[1].priority == .critical)
        #expect(endpoints[2].cost == .query("n"))
        #expect(endpoints[2].priority == .low)
        for endpoint in endpoints[1...] {
            #expect(endpoint.limits == [each, burst])
            #expect(endpoint.line == LineSettings(maxWait: .seconds(6), maxLength: 64))
        }
        #expect(endpoints[3].circuit == Self.circuit)
        #expect(endpoints[3].match == EndpointMatch())
    }

    private static var limits: [LimitSettings] {
        let places = LimitSettings(
            name: "places", algorithm: .concurrency(max: 7), key: [.clientIP, .header("X-Key"), .cookie("session")],
            keyMissing: .reject, maxKeys: 55,
            hostLoad: HostLoadSettings(
                elevated: .init(cpu: 0.6, memory: 0.7, factor: 0.7), high: .init(cpu: 0.8, memory: 0.9, factor: 0.5)))
        let free = LimitSettings.Algorithm.slidingWindow(requests: 100, per: .seconds(1))
        let gold = LimitSettings.Algorithm.slidingWindow(requests: 1000, per: .seconds(1), margin: .milliseconds(1))
        let classes = LimitSettings(
            name: "classes", algorithm: free, key: [.query("user")],
            tiers: Tiers(
                by: .header("X-Tier"), defaultTier: "free",
                tiers: [.init(name: "free", algorithm: free), .init(name: "gold", algorithm: gold)]))
        return [
            LimitSettings(
                name: "ip", algorithm: .slidingWindow(requests: 600, per: .seconds(5), margin: .zero),
                onLimit: .reject),
            LimitSettings(
                name: "slow", algorithm: .tokenBucket(rate: Rate(permits: 33, per: .seconds(100)), burst: 16),
                reserve: 0.25, isShared: true),
            LimitSettings(
                name: "day",
                algorithm: .calendarWindow(requests: 160_000, per: .seconds(86_400), margin: .seconds(1)),
                onLimit: .reject),
            LimitSettings(
                name: "pace", algorithm: .spacing(every: .milliseconds(100), margin: .milliseconds(5))),
            places, classes,
        ]
    }

    private static var retry: RetrySettings {
        var retry = RetrySettings()
        retry.maxAttempts = 5
        retry.initialDelay = .milliseconds(100)
        retry.multiplier = 1.5
        retry.maxDelay = .seconds(3)
        retry.jitter = 0
        retry.methods = ["GET", "PUT"]
        retry.statuses = [503]
        retry.on = [.connect]
        retry.budget = RetryBudgetSettings(ratio: 0.1, minPerSecond: 0.5, window: .seconds(5))
        retry.maxBody = 1 << 20
        return retry
    }

    private static var feedback: FeedbackSettings {
        var feedback = FeedbackSettings()
        feedback.headers = .bybit
        feedback.limit = "ip"
        feedback.clamp = false
        feedback.warnRemaining = 7
        feedback.slowRemaining = 3
        feedback.slowDelay = .milliseconds(10)
        feedback.freezeScope = .endpoint
        feedback.shrinkOn429 = 0.75
        feedback.recoverOver = .seconds(120)
        feedback.banStatuses = [403]
        feedback.banFreeze = .seconds(300)
        feedback.classify = [
            ClassifyRule(bodyContains: "\"retCode\":10006", as: .rateLimited),
            ClassifyRule(bodyContains: "banned", as: .ban),
        ]
        return feedback
    }

    private static var circuit: CircuitSettings {
        var circuit = CircuitSettings()
        circuit.window = .seconds(30)
        circuit.failThreshold = nil
        circuit.failureRatio = 0.5
        circuit.minRequests = 5
        circuit.slowCall = .seconds(2)
        circuit.cooldown = .seconds(10)
        circuit.maxCooldown = .seconds(120)
        circuit.minDwell = .seconds(1)
        circuit.halfOpenDwell = .seconds(3)
        circuit.probeCount = 2
        circuit.probeTimeout = .seconds(4)
        return circuit
    }

    @Test("The configuration of the cost benchmark is accepted")
    func benchmark() throws {
        let text = """
            admin: { listen: "127.0.0.1:9505" }
            upstreams:
              - name: bench
                listen: "127.0.0.1:9504"
                url: "http://127.0.0.1:9500"
                limits:
                  - { name: ip, algorithm: sliding_window, requests: 10000000, per: 5s }
                pool: { max_connections: 1024 }
                endpoints:
                  - name: x
                    match: { method: GET, path: /x }
                    limits:
                      - { name: bucket, algorithm: token_bucket, rate: 1000000/s, burst: 1000000 }
            """
        #expect(warnings(text) == [])
        #expect(try upstream(text).pool.maxConnections == 1024)
    }
}
