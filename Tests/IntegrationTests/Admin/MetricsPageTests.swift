import Foundation
import Testing
import WeirTestKit

/// `/metrics`: what Prometheus, the dashboards and the alerts rely on.
@Suite("The metrics")
struct MetricsPageTests {
    private static let rules = """
        limits: [{ name: ip, algorithm: sliding_window, requests: 100, per: 60s }]
        endpoints:
          - name: place_order
            match: { method: POST, path: /order }
            limits: [{ name: orders, algorithm: token_bucket, rate: 10/s, burst: 10 }]
        """

    @Test("promtool finds nothing but the accepted remark on _ms")
    func promtool() async throws {
        let tool = try Tool.find("promtool", package: "prometheus")
        try await Stand.run(Self.rules) { stand in
            for _ in 0..<3 { _ = try await stand.get("/") }
            _ = try await stand.post("/order")
            let page = try await stand.metrics().text
            let file = stand.weir.folder.appending(path: "metrics.prom")
            try Data(page.utf8).write(to: file)
            let check = Process()
            let output = Pipe()
            check.executableURL = tool
            check.arguments = ["check", "metrics"]
            check.standardInput = try FileHandle(forReadingFrom: file)
            check.standardOutput = output
            check.standardError = output
            try check.run()
            let said = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
            check.waitUntilExit()
            #expect(said == "mm_rate_limit_wait_ms metric names should not contain abbreviated units\n")
            // 3: remarks, and nothing that would not parse.
            #expect(check.terminationStatus == 3)
        }
    }

    @Test("the page has the type of the text format 0.0.4")
    func contentType() async throws {
        try await Stand.run { stand in
            let page = try await HTTPCall.get(stand.admin, "/metrics")
            #expect(page.status == 200)
            let type = page["Content-Type"]?.lowercased().replacing(" ", with: "") ?? ""
            #expect(type.hasPrefix("text/plain"))
            #expect(type.contains("version=0.0.4"))
        }
    }

    @Test("the page is OpenMetrics for those who ask for it, with the same samples")
    func openMetrics() async throws {
        try await Stand.run(Self.rules) { stand in
            let accept = "Accept: application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
            let page = try await HTTPCall.get(stand.admin, "/metrics", headers: [accept])
            #expect(page["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8")
            #expect(page["Vary"] == "Accept, Accept-Encoding")
            #expect(page.text.hasSuffix("# EOF\n"))
            let text = try await stand.metrics()
            func names(_ page: Exposition) -> [String] {
                page.samples.map { "\($0.name) \($0.labels.sorted { $0.key < $1.key })" }
            }
            #expect(names(Exposition(page.text)) == names(text))
        }
    }

    @Test("the page is deflated for those who ask for it")
    func gzip() async throws {
        try await Stand.run { stand in
            let plain = try await HTTPCall.get(stand.admin, "/metrics")
            #expect(plain["Content-Encoding"] == nil)
            let page = try await HTTPCall.get(stand.admin, "/metrics", headers: ["Accept-Encoding: gzip"])
            #expect(page["Content-Encoding"] == "gzip")
            #expect(page.body.starts(with: [0x1F, 0x8B]))
            #expect(page.body.count < plain.body.count / 3)
        }
    }

    @Test("name[] leaves the families that are named")
    func names() async throws {
        try await Stand.run { stand in
            let page = try await HTTPCall.get(
                stand.admin, "/metrics?name[]=mm_circuit_state&name%5B%5D=mm_rate_limit_wait_ms_bucket")
            #expect(Set(Exposition(page.text).types.keys) == ["mm_circuit_state", "mm_rate_limit_wait_ms"])
            let none = try await HTTPCall.get(stand.admin, "/metrics?name[]=none")
            #expect(none.status == 200)
            #expect(none.body == [])
        }
    }

    @Test("the process shows the standard metrics of itself")
    func process() async throws {
        try await Stand.run { stand in
            let metrics = try await stand.metrics()
            for name in [
                "process_cpu_seconds_total", "process_open_fds", "process_max_fds", "process_virtual_memory_bytes",
                "process_resident_memory_bytes", "process_start_time_seconds",
            ] {
                #expect(metrics.value(name) ?? -1 >= 0, "\(name)")
            }
            #expect(metrics.value("process_open_fds") ?? 0 > 3)
            let age = Date().timeIntervalSince1970 - (metrics.value("process_start_time_seconds") ?? 0)
            #expect(age > -2 && age < 300)
        }
    }

    @Test("every counter and histogram series that can occur exists at 0 from the start")
    func zeros() async throws {
        try await Stand.run(Self.rules) { stand in
            let metrics = try await stand.metrics()
            for endpoint in ["place_order", "other"] {
                for outcome in [
                    "success", "client_error", "upstream_error", "timeout", "network_error", "circuit_open",
                    "rate_limited", "cancelled", "bad_request", "draining",
                ] {
                    #expect(metrics.outcomes(outcome, endpoint: endpoint) == 0, "\(outcome)")
                }
                for code in [
                    "429", "500", "502", "503", "504", "5xx", "timeout", "connect", "tls", "network", "slow",
                ] {
                    #expect(metrics.failures(code, endpoint: endpoint) == 0, "\(code)")
                }
                for reason in ["rate_limited", "queue_full"] {
                    #expect(metrics.rejections(reason, endpoint: endpoint) == 0, "\(reason)")
                }
                let moves = [("closed", "open"), ("open", "half_open"), ("half_open", "open"), ("half_open", "closed")]
                for (from, to) in moves { #expect(metrics.moves(from, to, endpoint: endpoint) == 0) }
                let shown = metrics.samples.count {
                    $0.name == "mm_circuit_transitions_total" && $0.labels["endpoint"] == endpoint
                }
                #expect(shown == moves.count)
                #expect(metrics.circuitRejections(endpoint) == 0)
                #expect(metrics.hits(endpoint) == 0)
                let labels = ["upstream": "api", "endpoint": endpoint]
                #expect(metrics.value("mm_rate_limit_wait_ms_count", labels) == 0)
                #expect(metrics.value("mm_rate_limit_wait_ms_sum", labels) == 0)
                let bounds = metrics.samples.filter {
                    $0.name == "mm_rate_limit_wait_ms_bucket" && $0.labels["endpoint"] == endpoint
                }.compactMap { $0.labels["le"] }
                #expect(
                    bounds == [
                        "1.0", "5.0", "10.0", "25.0", "50.0", "100.0", "250.0", "500.0", "1000.0", "2500.0", "5000.0",
                        "+Inf",
                    ])
            }
            for priority in ["critical", "high", "normal", "low"] {
                #expect(metrics.value("mm_queue_length", ["upstream": "api", "priority": priority]) == 0)
            }
            for state in ["active", "idle"] {
                #expect(metrics.value("mm_upstream_connections", ["upstream": "api", "state": state]) == 0)
            }
            let limits = [("", "ip"), ("place_order", "orders")]
            for (endpoint, limit) in limits {
                let labels = ["upstream": "api", "endpoint": endpoint, "limit": limit]
                #expect(metrics.value("mm_rate_limit_used_ratio", labels) == 0)
            }
            #expect(metrics.samples.filter { $0.name == "mm_build_info" }.map(\.value) == [1])
            let unrouted = ["upstream": "", "endpoint": "", "outcome": "bad_request"]
            #expect(metrics.value("mm_api_requests_total", unrouted) == 0)
        }
    }

    /// Those of keyed and of shared limits, which the rules here have none of, and what the provider has to say first.
    private static let madeLater: Set = [
        "mm_rate_limit_keys", "mm_rate_limit_key_evictions_total", "mm_rate_limit_provider_remaining",
        "mm_rate_limit_drift", "mm_shared_state", "mm_shared_fallbacks_total", "mm_shared_round_trip_seconds",
    ]

    @Test("what the dashboards ask for is exactly what is exposed, with the same types and labels")
    func catalogue() async throws {
        let file = try #require(Self.repositoryFile("dashboards/catalogue.json"), "dashboards/catalogue.json not found")
        let catalogue = try JSONDecoder().decode(JSONValue.self, from: Data(contentsOf: file))
        try await Stand.run(Self.rules) { stand in
            let metrics = try await stand.metrics()
            // `up` and `ALERTS` are Prometheus's own.
            let names = catalogue.keys.subtracting(["up", "ALERTS"]).filter { !$0.hasPrefix("process_") }
            #expect(Set(metrics.types.keys.filter { !$0.hasPrefix("process_") }) == names)
            for name in names {
                let entry = catalogue[name]
                #expect(metrics.types[name] == entry["type"].string, "\(name)")
                let labels = entry["labels"]
                let series = metrics.samples.filter { $0.name == name || $0.name == name + "_count" }
                #expect(!series.isEmpty || Self.madeLater.contains(name), "\(name)")
                for sample in series {
                    #expect(Set(sample.labels.keys) == labels.keys, "\(name)")
                    for (label, value) in sample.labels {
                        let known = labels[label].elements.compactMap(\.string)
                        #expect(known.isEmpty || known.contains(value), "\(name){\(label)=\(value)}")
                    }
                }
            }
        }
    }

    /// A file of the repository, found from the folder of this source file upwards.
    private static func repositoryFile(_ path: String) -> URL? {
        var folder = URL(filePath: #filePath).resolvingSymlinksInPath()
        while folder.path != "/" {
            folder.deleteLastPathComponent()
            let candidate = folder.appending(path: path)
            if FileManager.default.fileExists(atPath: candidate.path) { return candidate }
        }
        return nil
    }
}
