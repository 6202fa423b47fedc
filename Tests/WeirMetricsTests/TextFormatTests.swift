import Testing
import WeirMetrics

@Suite("The text format 0.0.4")
struct TextFormatTests {
    private let registry = Registry()

    /// The values of the lines of a rendering that begin with `prefix`.
    private func values(_ prefix: String) -> [String] {
        registry.text.split(separator: "\n").filter { $0.hasPrefix(prefix) }.compactMap {
            $0.split(separator: " ").last.map(String.init)
        }
    }

    @Test("renders families in the order of registration and series in the order of creation")
    func golden() throws {
        let requests = try registry.counters(
            "mm_api_requests_total", help: "Calls by outcome.", labels: ["upstream", "outcome"])
        let state = try registry.gauges("mm_circuit_state", help: "0 closed, 1 open.", labels: ["upstream"])
        let duration = try registry.histograms(
            "mm_api_request_duration_seconds", help: "Attempts.", labels: ["upstream"],
            bounds: HistogramBounds(nanoseconds: [1_000_000, 1_000_000_000], per: .second))
        let wait = try registry.histograms(
            "mm_rate_limit_wait_ms", help: "Wait.",
            bounds: HistogramBounds(nanoseconds: [1_000_000, 5_000_000], per: .millisecond))
        _ = try registry.gauges("mm_none", help: "No series yet.", labels: ["x"])

        try state.series(["bybit"]).set(2)
        try requests.series(["bybit", "success"]).increment(by: 120)
        _ = try requests.series(["binance", "success"])
        try requests.series(["bybit", "timeout"]).increment()
        let seconds = try duration.series(["bybit"])
        for value in [1, 1_000_000, 1_000_001, 999_999_999, 2_000_000_000] as [UInt64] {
            seconds.observe(value)
        }
        try wait.series([]).observe(5_000_000)

        #expect(
            registry.text == """
                # HELP mm_api_requests_total Calls by outcome.
                # TYPE mm_api_requests_total counter
                mm_api_requests_total{upstream="bybit",outcome="success"} 120
                mm_api_requests_total{upstream="binance",outcome="success"} 0
                mm_api_requests_total{upstream="bybit",outcome="timeout"} 1
                # HELP mm_circuit_state 0 closed, 1 open.
                # TYPE mm_circuit_state gauge
                mm_circuit_state{upstream="bybit"} 2
                # HELP mm_api_request_duration_seconds Attempts.
                # TYPE mm_api_request_duration_seconds histogram
                mm_api_request_duration_seconds_bucket{upstream="bybit",le="0.001"} 2
                mm_api_request_duration_seconds_bucket{upstream="bybit",le="1.0"} 4
                mm_api_request_duration_seconds_bucket{upstream="bybit",le="+Inf"} 5
                mm_api_request_duration_seconds_sum{upstream="bybit"} 3.002000001
                mm_api_request_duration_seconds_count{upstream="bybit"} 5
                # HELP mm_rate_limit_wait_ms Wait.
                # TYPE mm_rate_limit_wait_ms histogram
                mm_rate_limit_wait_ms_bucket{le="1.0"} 0
                mm_rate_limit_wait_ms_bucket{le="5.0"} 1
                mm_rate_limit_wait_ms_bucket{le="+Inf"} 1
                mm_rate_limit_wait_ms_sum 5
                mm_rate_limit_wait_ms_count 1
                # HELP mm_none No series yet.
                # TYPE mm_none gauge

                """)
    }

    @Test("appends to what the buffer holds")
    func appends() throws {
        _ = try registry.gauges("a", help: "")
        var out = Array("before\n".utf8)
        registry.render(into: &out)
        #expect(String(decoding: out, as: UTF8.self) == "before\n# HELP a \n# TYPE a gauge\n")
    }

    @Test(
        "escapes backslashes, quotes and line feeds of a label value and leaves every other byte",
        arguments: [
            (#"""#, #"\""#), (#"\"#, #"\\"#), ("\n", #"\n"#), ("\r\t{},=", "\r\t{},="), (#"\n"#, #"\\n"#),
            ("käse 🧀\u{7F}\u{1}", "käse 🧀\u{7F}\u{1}"), ("", ""), (#"a"b\c"# + "\nd", #"a\"b\\c\nd"#),
        ])
    func escapesLabels(value: String, escaped: String) throws {
        _ = try registry.counters("a_total", help: "", labels: ["x"]).series([value])
        #expect(registry.text.hasSuffix("a_total{x=\"\(escaped)\"} 0\n"))
    }

    @Test("escapes backslashes and line feeds of HELP, and no quotes")
    func escapesHelp() throws {
        _ = try registry.gauges("a", help: "one\ntwo \\ \"three\"")
        #expect(registry.text.hasPrefix(#"# HELP a one\ntwo \\ "three""# + "\n# TYPE"))
    }

    @Test(
        "prints counters in full",
        arguments: [0, 9, 10, 99, 100, 1_234_567_890, 10_000_000_000_000_000_000, UInt64.max])
    func counters(value: UInt64) throws {
        try registry.counters("a_total", help: "").series([]).increment(by: value)
        #expect(values("a_total") == ["\(value)"])
    }

    @Test(
        "prints gauges as the shortest decimal that reads back, and whole numbers without an exponent",
        arguments: [
            (0, "0"), (1, "1"), (-1, "-1"), (0.1, "0.1"), (20.5, "20.5"), (1e15, "1000000000000000"),
            (1e17, "100000000000000000"), (-1e18, "-1000000000000000000"), (1e300, "1e+300"), (1e-7, "1e-07"),
            (0.1 + 0.2, "0.30000000000000004"), (1_763_683_200.5, "1763683200.5"), (-0.0, "-0.0"),
            (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"),
        ] as [(Double, String)])
    func gauges(value: Double, text: String) throws {
        try registry.gauges("a", help: "").series([]).set(value)
        #expect(values("a") == [text])
    }

    @Test(
        "prints bounds as OpenMetrics does",
        arguments: [
            (0, "0.0"), (1, "1e-09"), (10_000, "1e-05"), (25_000, "2.5e-05"), (100_000, "0.0001"),
            (250_000, "0.00025"), (2_500_000, "0.0025"), (1_000_000_000, "1.0"), (30_000_000_000, "30.0"),
            (999_999_000_000_000, "999999.0"), (1_000_000_000_000_000, "1e+06"), (1_500_000_000_000_000, "1.5e+06"),
        ] as [(UInt64, String)])
    func bounds(nanoseconds: UInt64, text: String) throws {
        let bounds = HistogramBounds(nanoseconds: [nanoseconds], per: .second)
        _ = try registry.histograms("h", help: "", bounds: bounds).series([])
        #expect(registry.text.contains("h_bucket{le=\"\(text)\"} 0\n"))
    }

    @Test(
        "prints sums exactly in the metric's unit",
        arguments: [
            (0, "0", "0"), (1, "0.000000001", "0.000001"), (1_500_000_000, "1.5", "1500"),
            (UInt64.max, "18446744073.709551615", "18446744073709.551615"),
        ] as [(UInt64, String, String)])
    func sums(nanoseconds: UInt64, seconds: String, milliseconds: String) throws {
        for unit in [HistogramBounds.Unit.second, .millisecond] {
            let registry = Registry()
            let bounds = HistogramBounds(nanoseconds: [1], per: unit)
            try registry.histograms("h", help: "", bounds: bounds).series([]).observe(nanoseconds)
            #expect(registry.text.contains("h_sum \(unit == .second ? seconds : milliseconds)\n"))
        }
    }
}
