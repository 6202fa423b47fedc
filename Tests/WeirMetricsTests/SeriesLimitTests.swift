import Testing
import WeirMetrics

@Suite("The series of a family")
struct SeriesLimitTests {
    private let registry = Registry()

    /// The samples, without HELP and TYPE.
    private var samples: [String] {
        registry.text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map(String.init)
    }

    @Test("above its limit a family gives out one series for all, and counts how often")
    func overflow() throws {
        let family = try registry.counters("a_total", help: "", labels: ["x", "y"], limit: 2)
        let first = try family.series(["1", "1"])
        try family.series(["2", "2"]).increment()
        #expect(family.dropped.value == 0)
        let third = try family.series(["3", "3"])
        third.increment()
        try family.series(["4", "4"]).increment()
        #expect(try family.series(["3", "3"]) === third)
        #expect(try family.series(["1", "1"]) === first)
        #expect(family.dropped.value == 3)
        #expect(
            samples == [
                #"a_total{x="1",y="1"} 0"#, #"a_total{x="2",y="2"} 1"#,
                #"a_total{x="(overflow)",y="(overflow)"} 2"#,
            ])
    }

    @Test("a limit below 1 is 1")
    func leastLimit() throws {
        let family = try registry.gauges("a", help: "", labels: ["x"], limit: -1)
        #expect(family.limit == 1)
        _ = try family.series(["1"])
        #expect(family.dropped.value == 0)
    }

    @Test("histograms and gauges have limits too")
    func otherTypes() throws {
        let bounds = HistogramBounds(nanoseconds: [1], per: .second)
        let histograms = try registry.histograms("h", help: "", labels: ["x"], bounds: bounds, limit: 1)
        _ = try histograms.series(["1"])
        try histograms.series(["2"]).observe(1)
        #expect(samples.contains(#"h_count{x="(overflow)"} 1"#))
        #expect(histograms.dropped.value == 1)
    }

    @Test("a registry shows what is dropped, of each metric that was accepted, from the start")
    func droppedSeries() throws {
        let registry = try Registry(droppedSeries: "mm_metrics_series_dropped_total")
        let family = try registry.counters("a_total", help: "", labels: ["x"], limit: 1)
        #expect(throws: MetricError.self) { try registry.gauges("a_total", help: "") }
        #expect(throws: MetricError.self) { try registry.gauges("no name", help: "") }
        for value in ["1", "2", "3"] { _ = try family.series([value]) }
        #expect(
            registry.text.hasPrefix(
                """
                # HELP mm_metrics_series_dropped_total Series not made since their metric has too many, by metric.
                # TYPE mm_metrics_series_dropped_total counter
                mm_metrics_series_dropped_total{metric="a_total"} 2
                # HELP a_total \n
                """))
        #expect(throws: MetricError.duplicateName("mm_metrics_series_dropped_total")) {
            try registry.counters("mm_metrics_series_dropped_total", help: "")
        }
        #expect(throws: MetricError.invalidName("dropped")) { try Registry(droppedSeries: "dropped") }
    }

    @Test("series are removed by their label values, in every family that has these labels")
    func removal() throws {
        let counters = try registry.counters("a_total", help: "", labels: ["upstream", "endpoint"])
        let gauges = try registry.gauges("b", help: "", labels: ["upstream"])
        let others = try registry.gauges("c", help: "", labels: ["endpoint"])
        for endpoint in ["x", "y"] {
            for upstream in ["one", "two"] { try counters.series([upstream, endpoint]).increment() }
            try others.series([endpoint]).set(1)
        }
        for upstream in ["one", "two", "on"] { try gauges.series([upstream]).set(1) }

        registry.removeSeries(matching: ["upstream": "one"])
        #expect(
            samples == [
                #"a_total{upstream="two",endpoint="x"} 1"#, #"a_total{upstream="two",endpoint="y"} 1"#,
                #"b{upstream="two"} 1"#, #"b{upstream="on"} 1"#, #"c{endpoint="x"} 1"#, #"c{endpoint="y"} 1"#,
            ])
        registry.removeSeries(matching: ["endpoint": "y", "upstream": "two"])
        #expect(
            samples == [
                #"a_total{upstream="two",endpoint="x"} 1"#, #"b{upstream="two"} 1"#, #"b{upstream="on"} 1"#,
                #"c{endpoint="x"} 1"#, #"c{endpoint="y"} 1"#,
            ])
    }

    @Test("a handle outlives its series, and the series that is made again begins at 0")
    func handleOutlivesSeries() throws {
        let family = try registry.counters("a_total", help: "", labels: ["x"])
        let handle = try family.series(["1"])
        handle.increment(by: 5)
        registry.removeSeries(matching: ["x": "1"])
        handle.increment()
        #expect(handle.value == 6)
        #expect(samples == [])
        let again = try family.series(["1"])
        #expect(again !== handle)
        #expect(samples == [#"a_total{x="1"} 0"#])
    }

    @Test("removed series make room below the limit")
    func roomAgain() throws {
        let family = try registry.gauges("a", help: "", labels: ["x"], limit: 2)
        for value in ["1", "2"] { _ = try family.series([value]) }
        registry.removeSeries(matching: ["x": "1"])
        _ = try family.series(["3"])
        #expect(family.dropped.value == 0)
        #expect(samples == [#"a{x="2"} 0"#, #"a{x="3"} 0"#])
    }

    @Test("the overflow series, once removed, is made again")
    func removedOverflow() throws {
        let family = try registry.counters("a_total", help: "", labels: ["x"], limit: 1)
        for value in ["1", "2"] { try family.series([value]).increment() }
        registry.removeSeries(matching: ["x": "(overflow)"])
        #expect(samples == [#"a_total{x="1"} 1"#])
        try family.series(["3"]).increment()
        #expect(samples == [#"a_total{x="1"} 1"#, #"a_total{x="(overflow)"} 1"#])
    }

    @Test("many series keep their order, whatever is removed among them", arguments: [1, 127, 128, 129, 1000])
    func pages(count: Int) throws {
        let bounds = HistogramBounds(nanoseconds: [1], per: .second)
        let family = try registry.histograms("h", help: "", labels: ["n", "third"], bounds: bounds)
        for number in 0..<count {
            try family.series(["\(number)", "\(number % 3)"]).observe(UInt64(number))
        }
        registry.removeSeries(matching: ["third": "1"])
        let kept = (0..<count).filter { $0 % 3 != 1 }
        let sums = samples.filter { $0.hasPrefix("h_sum") }.compactMap { $0.split(separator: "\"").dropFirst().first }
        #expect(sums.map { String($0) } == kept.map { "\($0)" })
        #expect(samples.count == kept.count * 4)
    }

    @Test("series made while somebody renders are all there in the end")
    func concurrentCreation() async throws {
        let registry = registry
        let family = try registry.counters("a_total", help: "", labels: ["n"])
        await withTaskGroup(of: Void.self) { tasks in
            for worker in 0..<3 {
                tasks.addTask {
                    for number in 0..<500 { try? family.series(["\(worker * 500 + number)"]).increment() }
                }
            }
            tasks.addTask {
                var before = 0
                for _ in 0..<50 {
                    let now = registry.text.split(separator: "\n").count
                    #expect(now >= before)
                    before = now
                }
            }
        }
        #expect(samples.count == 1500)
        #expect(samples.allSatisfy { $0.hasSuffix(" 1") })
    }
}
