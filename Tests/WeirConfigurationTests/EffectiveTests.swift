import Foundation
import Testing
import WeirConfiguration
import WeirProxy
import WeirTestKit

@Suite("The effective configuration")
struct EffectiveTests {
    /// Every example, every preset and the sample.
    static func everything() throws -> [String] {
        try ExampleFiles.all().map(\.text) + [sampleConfiguration.replacing("weir:hunter2@", with: "")]
            + Presets.names.map {
                "upstreams: [{ name: a, listen: 127.0.0.1:1, preset: \($0), url: https://x }]"
            }
    }

    /// Settings without what is never shown, and without where they began.
    private func comparable(_ settings: SidecarSettings) -> SidecarSettings {
        var settings = settings
        for index in settings.upstreams.indices {
            settings.upstreams[index].requestHeaders = []
            settings.upstreams[index].preset = nil
        }
        return settings
    }

    @Test("Read again it says the same, as YAML and as JSON")
    func roundTrip() throws {
        for text in try Self.everything() {
            let loaded = try ConfigurationLoader.parse(text, file: "a.yaml", environment: [:]).get()
            for written in [loaded.effectiveYAML, loaded.effectiveJSON] {
                let again = try ConfigurationLoader.parse(written, file: "b.yaml", environment: [:]).get()
                let isSame = comparable(again.settings) == comparable(loaded.settings)
                #expect(isSame, "\(text.prefix(200))")
            }
        }
    }

    @Test("Secrets are not in it, wherever they came from")
    func redacted() throws {
        let text = """
            admin: { allow_hosts: ["${S}.example.com"] }
            state_file: /var/lib/${S}
            shared: { redis: "redis://joe:hunter2@127.0.0.1", key_prefix: "${S}" }
            upstreams:
              - name: ${S}
                listen: unix:/run/${S}
                url: https://${S}.example.com/x
                hosts: [plain.example.com, "${S}"]
                request_headers: { X-Key: hunter2, X-Other: "${S}" }
                expires: { header: "${S}", window: 5s }
                breaker: { fail_threshold: "${N}" }
                retry: { methods: [GET, "X${UPPER}"] }
                feedback: { classify: [{ body_contains: "${S}", as: ban }] }
                limits:
                  - { name: a, algorithm: sliding_window, requests: 424243, per: 1s, key: "header:${S}" }
                  - name: b
                    algorithm: token_bucket
                    rate: "${N}/s"
                    burst: 3
                    tiers: { by: "query:${S}", default: x, x: { burst: "${N}" } }
                endpoint_defaults:
                  limits: [{ name: c, algorithm: concurrency, max: "${N}" }]
                endpoints:
                  - { name: e, match: { path: "/${S}" }, cost: "header:${S}", retry: { max_attempts: 2 } }
            """
        let environment = ["S": "hunter2", "N": "424242", "UPPER": "HUNTER2"]
        let loaded = try ConfigurationLoader.parse(text, file: "a.yaml", environment: environment).get()
        for written in [loaded.effectiveYAML, loaded.effectiveJSON] {
            let lines = written.split(separator: "\n").map { $0.lowercased() }
            #expect(lines.filter { $0.contains("hunter2") || $0.contains("424242") || $0.contains("plain") } == [])
            #expect(lines.contains { $0.contains("424243") })
            #expect(lines.contains { $0.contains("<redacted>") })
        }
        #expect(loaded.effectiveYAML.contains("redis: \"redis://redacted@127.0.0.1:6379/0\""))
        #expect(loaded.effectiveYAML.contains("per: 1s"))
    }

    @Test("It is a document for people")
    func form() throws {
        let text = withUpstream("limits: [{ name: ip, algorithm: token_bucket, rate: 0.33/s, burst: 5 }]\nbreaker: off")
        let loaded = try ConfigurationLoader.parse(text, file: "a.yaml", environment: [:]).get()
        let lines = loaded.effectiveYAML.split(separator: "\n").map(String.init)
        #expect(lines.starts(with: ["admin:", "  listen: 127.0.0.1:9464", "  allow_hosts: []"]))
        for line in [
            "upstreams:", "  - name: bybit", "      - name: ip", "        rate: 0.33/s", "        burst: 5",
            "    breaker: off", "      statuses: [429, 500, 502, 503, 504]", "      - name: other",
        ] {
            #expect(lines.contains(line), "\(line)")
        }
    }
}
