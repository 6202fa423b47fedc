import Testing
import WeirConfiguration
import WeirCore
import WeirProxy

@Suite("Whole configurations")
struct SampleTests {
    @Test("Every key of this version is read")
    func everyKey() throws {
        let read = try settings(sampleConfiguration)
        #expect(read.admin.listen == .tcp(host: "::1", port: 9000))
        #expect(read.admin.allowHosts == ["weir.internal", "ops"])
        #expect(read.admin.maxConnections == 9)
        #expect(read.log.level == .debug)
        #expect(read.drainTimeout == .seconds(60))

        let one = try upstream(sampleConfiguration)
        #expect(one.listen == .unix(path: "/run/weir/bybit.sock"))
        #expect(one.hosts == ["api.bybit.com", "[::1]"])
        #expect(one.url == UpstreamURL(transport: .http(host: "10.0.0.1", port: 8080), pathPrefix: "/v5"))
        #expect(one.caFile == "/etc/ca.pem")
        #expect(one.preserveHost)
        #expect(one.requestHeaders == [HeaderSetting(name: "X-BAPI-API-KEY", value: "k*1")])
        #expect(!one.honoursCallerHeaders)
        #expect(
            one.limits == [
                LimitSettings(
                    name: "ip", algorithm: .slidingWindow(requests: 600, per: .seconds(5), margin: .zero),
                    onLimit: .reject),
                LimitSettings(
                    name: "slow", algorithm: .tokenBucket(rate: Rate(permits: 33, per: .seconds(100)), burst: 16)),
            ])
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

        #expect(endpoints[1].circuit == nil)
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

    @Test("No mutation of a good configuration brings the reader down", arguments: 0..<20)
    func mutations(batch: UInt64) {
        var dice = SeededGenerator(seed: batch)
        let sample = Array(sampleConfiguration.unicodeScalars)
        let scraps = Array("*&:{}[]-?!,#'\"\n\t \\%|>@`~$/.0éх\u{0}\u{85}\u{FEFF}\u{2028}".unicodeScalars)
        var refused = 0
        for _ in 0..<100 {
            var text = sample
            for _ in 0..<Int.random(in: 1...8, using: &dice) {
                let place = Int.random(in: 0..<text.count, using: &dice)
                let end = min(text.count, place + Int.random(in: 0...12, using: &dice))
                switch Int.random(in: 0..<5, using: &dice) {
                case 0: text[place] = scraps[Int.random(in: 0..<scraps.count, using: &dice)]
                case 1: text.insert(scraps[Int.random(in: 0..<scraps.count, using: &dice)], at: place)
                case 2 where text.count > 100: text.removeSubrange(place..<end)
                case 3: text.insert(contentsOf: text[place..<end], at: Int.random(in: 0..<text.count, using: &dice))
                default: text.swapAt(place, Int.random(in: 0..<text.count, using: &dice))
                }
            }
            var view = String.UnicodeScalarView()
            view.append(contentsOf: text)
            let found = problems(String(view), environment: ["A": "x"])
            if !found.isEmpty { refused += 1 }
            #expect(found.allSatisfy { $0.hasPrefix("weir.yaml") && !$0.contains("\n") })
        }
        #expect(refused > 50)
    }
}
