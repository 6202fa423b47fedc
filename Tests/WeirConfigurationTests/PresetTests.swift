import Testing
import WeirConfiguration
import WeirCore
import WeirProxy

@Suite("Presets")
struct PresetTests {
    private func with(_ preset: String, _ keys: String = "") -> String {
        let url = preset == "shopify" ? "\nurl: https://shop.myshopify.com" : ""
        let text = "preset: \(preset)\(url)\n\(keys)".split(separator: "\n").map { "    \($0)" }.joined(separator: "\n")
        return "upstreams:\n  - name: a\n    listen: 127.0.0.1:8081\n\(text)\n"
    }

    @Test("Every preset is accepted as it is, without a warning", arguments: Presets.names)
    func accepted(name: String) throws {
        #expect(warnings(with(name)) == [])
        #expect(try upstream(with(name)).preset == name)
        #expect(try upstream(with(name)) != upstream(withUpstream("")))
    }

    @Test("Every preset says what it is for, where its figures are from, and of when", arguments: Presets.names)
    func documented(name: String) throws {
        let text = try #require(Presets.text(name))
        #expect(Presets.summary(name).count > 20)
        #expect(text.contains("Source"))
        #expect(text.contains("https://"))
        #expect(text.contains(/(read|as of) 20[0-9]{2}-[0-9]{2}/))
    }

    @Test("An unknown preset names those that there are")
    func unknown() {
        let found = problems(withUpstream("preset: bibit"))
        #expect(found.count == 1)
        #expect(found.first?.contains("5:13: upstreams[0].preset: expected one of binance, bybit, ") == true)
    }

    @Test("Keys of the file win, mappings merge key by key, and lists of named things by name")
    func merged() throws {
        let keys = """
            url: https://api-testnet.bybit.com
            feedback: { ban_freeze: 1m }
            limits:
              - { name: own, algorithm: spacing, every: 10ms }
              - { name: ip, requests: 300 }
            endpoints:
              - { name: mine, match: { path: /mine } }
              - { name: place_order, priority: high, limits: [{ name: uid, requests: 20 }] }
            """
        let read = try upstream(with("bybit", keys))
        #expect(read.url.description == "https://api-testnet.bybit.com")
        #expect(read.feedback.headers == .bybit)
        #expect(read.feedback.banFreeze == .seconds(60))
        #expect(read.feedback.classify.count == 2)
        #expect(read.limits.map(\.name) == ["own", "ip"])
        #expect(read.limits[1].algorithm == .slidingWindow(requests: 300, per: .seconds(5)))
        #expect(
            read.endpoints.map(\.name) == [
                "mine", "place_order", "amend_order", "cancel_order", "cancel_all", "market_data", "other",
            ])
        #expect(read.endpoints[1].priority == .high)
        #expect(read.endpoints[1].match.path?.description == "/v5/order/create")
        #expect(read.endpoints[1].limits.map(\.algorithm) == [.slidingWindow(requests: 20, per: .seconds(1))])
        #expect(read.endpoints[4].bypassesCircuit)
    }

    @Test("An endpoint other of the file stays the last")
    func other() throws {
        let read = try upstream(with("bybit", "endpoints: [{ name: other, priority: low }]"))
        #expect(read.endpoints.last?.name == "other")
        #expect(read.endpoints.last?.priority == .low)
        #expect(read.endpoints.count == 6)
    }

    @Test("A limit of another algorithm replaces its namesake whole")
    func replaced() throws {
        let keys = "limits: [{ name: ip, algorithm: token_bucket, rate: 100/s, burst: 100 }]"
        let read = try upstream(with("bybit", keys))
        #expect(read.limits.map(\.algorithm) == [.tokenBucket(rate: Rate(permits: 100, per: .seconds(1)), burst: 100)])
    }

    @Test("null takes back what the preset says, and off turns it off")
    func takenBack() throws {
        let read = try upstream(with("bybit", "limits: null\nexpires: null\nfeedback: off"))
        #expect(read.limits == [])
        #expect(read.expires == nil)
        #expect(read.feedback.headers == .none)
    }

    @Test("What a preset does not give has to be given")
    func url() {
        let text = "upstreams:\n  - { name: a, listen: 127.0.0.1:8081, preset: shopify }"
        #expect(problems(text) == ["weir.yaml:2:5: upstreams[0]: missing key \"url\""])
    }

    @Test("A problem with what a preset brought points at the preset, and at the file's own where that is wrong")
    func places() {
        let keys = """
            limits:
              - { name: own, algorithm: spacing, every: never }
            queue: { max_wait: 1s }
            feedback: { limit: uid }
            endpoints:
              - { name: market_data, cost: 601 }
            """
        #expect(
            problems(with("bybit", keys)) == [
                "weir.yaml:6:49: upstreams[0].limits[0].every: expected a duration such as 500ms or 5s,"
                    + " found \"never\"",
                "weir.yaml:8:24: upstreams[0].feedback.limit: expected the name of a limit of the whole upstream,"
                    + " found \"uid\"",
                "weir.yaml:10:36: upstreams[0].endpoints[0].cost: expected a cost that upstreams[0].limits[ip] can ever"
                    + " admit, found \"601\"",
            ])
        #expect(
            warnings(with("bybit", "queue: { max_wait: 1s }")) == [
                "weir.yaml:4:13: upstreams[0].limits[ip].per: is longer than queue.max_wait: calls are refused rather"
                    + " than wait for the next window"
            ])
    }

    @Test("A name given twice in the file is given twice with a preset too")
    func twice() {
        let keys = "limits: [{ name: ip, requests: 5 }, { name: ip, requests: 6 }]"
        #expect(
            problems(with("bybit", keys)) == [
                "weir.yaml:5:41: upstreams[0].limits[1]: missing key \"algorithm\"",
                "weir.yaml:5:49: upstreams[0].limits[1].name: expected a name of its own, found \"ip\"",
            ])
    }
}
