import Testing
import WeirConfiguration
import WeirCore
import WeirProxy

@Suite("Circuits")
struct CircuitTests {
    @Test("off and false turn a circuit off, quoted or not", arguments: ["off", "false", "\"off\"", "'false'"])
    func off(word: String) throws {
        let read = try upstream(withUpstream("breaker: \(word)\nendpoints: [{ name: a, match: { path: /a } }]"))
        #expect(read.circuit == nil)
        #expect(read.endpoints.allSatisfy { $0.circuit == nil })
    }

    @Test("An endpoint turns its own circuit off, or on again")
    func perEndpoint() throws {
        let off = try upstream(withEndpoint("breaker: off"))
        #expect(off.endpoints.map { $0.circuit == nil } == [true, false])
        let on = """
            breaker: off
            endpoints:
              - { name: a, match: { path: /a }, breaker: { window: 5s } }
              - { name: b, match: { path: /b }, breaker: {} }
              - { name: c, match: { path: /c }, breaker: null }
            """
        let circuits = try upstream(withUpstream(on)).endpoints.map(\.circuit)
        var own = CircuitSettings()
        own.window = .seconds(5)
        #expect(circuits == [own, nil, nil, nil])
    }

    @Test("An endpoint's keys go over the upstream's; null takes one back")
    func merging() throws {
        let text = """
            breaker: { fail_threshold: 3, failure_ratio: 0.25, slow_call: 1s, cooldown: 5s, max_cooldown: 1m }
            endpoints:
              - { name: a, match: { path: /a }, breaker: { fail_threshold: null, slow_call: null, max_cooldown: ~ } }
              - { name: b, match: { path: /b }, breaker: { cooldown: 6s, window: null } }
            """
        let circuits = try upstream(withUpstream(text)).endpoints.map(\.circuit)
        #expect(circuits[0]?.failThreshold == nil)
        #expect(circuits[0]?.failureRatio == 0.25)
        #expect(circuits[0]?.slowCall == nil)
        #expect(circuits[0]?.maxCooldown == nil)
        #expect(circuits[0]?.cooldown == .seconds(5))
        #expect(circuits[1]?.failThreshold == 3)
        #expect(circuits[1]?.cooldown == .seconds(6))
        #expect(circuits[1]?.maxCooldown == .seconds(60))
        #expect(circuits[1]?.window == .seconds(60))
    }

    @Test("One circuit for the upstream: its endpoints have none of their own to set")
    func scope() throws {
        let text =
            "breaker: { scope: upstream }\nendpoints: [{ name: a, match: { path: /a }, breaker: { window: 5s } }]"
        #expect(try upstream(withUpstream(text)).breakerScope == .upstream)
        #expect(
            warnings(withUpstream(text)) == [
                "weir.yaml:6:58: upstreams[0].endpoints[0].breaker: has no effect:"
                    + " the upstream's breaker has scope upstream"
            ])
    }

    @Test(
        "A circuit that cannot work is refused",
        arguments: [
            (
                "{ fail_threshold: null }",
                "14: upstreams[0].breaker: expected fail_threshold, failure_ratio or both, found neither"
                    + " (off turns it off)"
            ),
            (
                "{ max_cooldown: 29s }",
                "30: upstreams[0].breaker.max_cooldown: expected max_cooldown to be at least cooldown, found it shorter"
            ),
            (
                "{ failure_ratio: 0 }",
                "31: upstreams[0].breaker.failure_ratio: expected a number above 0 and up to 1, found \"0\""
            ),
            (
                "{ failure_ratio: nan }",
                "31: upstreams[0].breaker.failure_ratio: expected a number above 0 and up to 1, found \"nan\""
            ),
            (
                "{ failure_ratio: 1.01 }",
                "31: upstreams[0].breaker.failure_ratio: expected a number above 0 and up to 1, found \"1.01\""
            ),
            (
                "{ fail_threshold: 0 }",
                "32: upstreams[0].breaker.fail_threshold: expected a whole number from 1 to 1000000, found \"0\""
            ),
            ("{ window: 0 }", "24: upstreams[0].breaker.window: expected a duration above 0, found \"0\""),
            ("{ scope: all }", "23: upstreams[0].breaker.scope: expected endpoint or upstream, found \"all\""),
            ("on", "14: upstreams[0].breaker: expected a mapping or off, found \"on\""),
            ("[]", "14: upstreams[0].breaker: expected a mapping or off, found an empty list"),
            (
                "{ cooldown: x, max_cooldown: 1s }",
                "26: upstreams[0].breaker.cooldown: expected a duration such as 500ms or 5s, found \"x\""
            ),
            (
                "{ fail_threshold: x, failure_ratio: null }",
                "32: upstreams[0].breaker.fail_threshold: expected a whole number from 1 to 1000000, found \"x\""
            ),
        ])
    func bad(breaker: String, problem: String) {
        #expect(problems(withUpstream("breaker: \(breaker)")) == ["weir.yaml:5:\(problem)"])
    }

    @Test("An endpoint's circuit is judged as merged")
    func mergedCheck() {
        let text = """
            breaker: { cooldown: 5s, max_cooldown: 20s }
            endpoints: [{ name: a, match: { path: /a }, breaker: { cooldown: 30s } }]
            """
        #expect(
            problems(withUpstream(text)) == [
                "weir.yaml:6:70: upstreams[0].endpoints[0].breaker.cooldown: expected max_cooldown to be at least"
                    + " cooldown, found it shorter"
            ])
        #expect(
            problems(withEndpoint("breaker: { scope: upstream }")) == [
                "weir.yaml:8:27: upstreams[0].endpoints[0].breaker.scope: is a key of the upstream's breaker only"
            ])
    }
}
