import Synchronization

/// The metrics of a process: families in the order in which they were registered.
///
/// A writer of values holds a `Counter`, `Gauge` or `Histogram` and never waits: the registry's and the families'
/// locks are taken only to register, to make or remove series, and for a moment to render. Names are unique over all
/// families, those of a histogram's samples, the OpenMetrics name of a counter (without `_total`) and the `_created`
/// that OpenMetrics reserves included.
package final class Registry: Sendable {
    private struct Entry {
        let family: AnyFamily
        /// The family's name, that of OpenMetrics, and those of its samples.
        let names: [String]
    }

    private struct Contents {
        var entries: [Entry] = []
        var names: Set<String> = []
    }

    /// The bound of a family's series unless it is given another. Labels come from the configuration and stay far
    /// below; this is the belt beside those braces.
    package static let seriesLimit = 100_000

    private let contents = Mutex(Contents())
    /// Bytes of the last full rendering, so that the next grows its buffer once.
    private let lastSize = Atomic(0)
    /// Counts by family, under the label `metric`, how often a series was refused; `nil` if nobody shall see.
    private let droppedSeries: CounterFamily?

    /// A registry without metrics.
    package init() {
        droppedSeries = nil
    }

    /// A registry with one metric: the counter, of the label `metric`, of series beyond a family's limit.
    package init(droppedSeries name: String) throws(MetricError) {
        let family = CounterFamily(
            name: name, help: "Series not made since their metric has too many, by metric.", labels: ["metric"],
            shape: .one, limit: Self.seriesLimit, dropped: Counter(shape: .one))
        droppedSeries = family
        add(.counters(family), names: try take(counter: name, labels: family.labels))
    }

    /// Registers counters. `name` ends in `_total`.
    ///
    /// - Parameters:
    ///   - unit: what is counted.
    ///   - limit: the most series, at least 1.
    package func counters(
        _ name: String, help: String, labels: [String] = [], unit: Counter.Unit = .one, limit: Int = seriesLimit
    ) throws(MetricError) -> CounterFamily {
        let names = try take(counter: name, labels: labels)
        let family = CounterFamily(
            name: name, help: help, labels: labels, shape: unit, limit: limit, dropped: try dropped(name))
        add(.counters(family), names: names)
        return family
    }

    /// Registers gauges.
    ///
    /// - Parameter limit: the most series, at least 1.
    package func gauges(
        _ name: String, help: String, labels: [String] = [], limit: Int = seriesLimit
    ) throws(MetricError) -> GaugeFamily {
        let names = try take([name], labels: labels)
        let family = GaugeFamily(
            name: name, help: help, labels: labels, shape: (), limit: limit, dropped: try dropped(name))
        add(.gauges(family), names: names)
        return family
    }

    /// Registers histograms. No label may be named `le`.
    ///
    /// - Parameter limit: the most series, at least 1.
    package func histograms(
        _ name: String, help: String, labels: [String] = [], bounds: HistogramBounds, limit: Int = seriesLimit
    ) throws(MetricError) -> HistogramFamily {
        guard bounds.isValid else { throw .invalidBounds(metric: name) }
        guard !labels.contains("le") else { throw .invalidLabel(metric: name, label: "le") }
        let samples = ["", "_bucket", "_sum", "_count", "_created"].map { name + $0 }
        let names = try take(samples, labels: labels)
        let family = HistogramFamily(
            name: name, help: help, labels: labels, shape: bounds, limit: limit, dropped: try dropped(name))
        add(.histograms(family), names: names)
        return family
    }

    /// Forgets every series that has all these label values, in every family that has all these labels. Handles to
    /// them can be used as before, but what they count is shown no more; asked for anew, a series begins at 0.
    package func removeSeries(matching labels: [String: String]) {
        for entry in contents.withLock({ $0.entries }) {
            entry.family.remove(matching: labels)
        }
    }

    /// Appends the metrics.
    ///
    /// - Parameter names: only families of these names, or with a sample of these names; all if there are none.
    package func render(
        _ format: ExpositionFormat = .text, names: Set<String> = [], into out: inout [UInt8]
    ) {
        let start = out.count
        if names.isEmpty {
            out.reserveCapacity(start + lastSize.load(ordering: .relaxed))
        }
        for entry in contents.withLock({ $0.entries })
        where names.isEmpty || entry.names.contains(where: names.contains) {
            entry.family.render(format, into: &out)
        }
        out.append(contentsOf: format.trailer.utf8)
        if names.isEmpty {
            // A little more, since counts gain digits.
            lastSize.store((out.count - start) / 64 * 65 + 64, ordering: .relaxed)
        }
    }

    /// The counter of what a family drops.
    private func dropped(_ name: String) throws(MetricError) -> Counter {
        try droppedSeries?.series([name]) ?? Counter(shape: .one)
    }

    private func add(_ family: AnyFamily, names: [String]) {
        contents.withLock { $0.entries.append(Entry(family: family, names: names)) }
    }

    private func take(counter name: String, labels: [String]) throws(MetricError) -> [String] {
        guard name.hasSuffix("_total") else { throw .invalidName(name) }
        return try take([name, name.withoutTotal, name.withoutTotal + "_created"], labels: labels)
    }

    /// Takes the names of a family, the first of which is its own, if they and its labels are valid and free.
    private func take(_ names: [String], labels: [String]) throws(MetricError) -> [String] {
        guard names.allSatisfy(MetricName.isMetric) else { throw .invalidName(names[0]) }
        var seen: Set<String> = []
        for label in labels {
            guard MetricName.isLabel(label), seen.insert(label).inserted else {
                throw .invalidLabel(metric: names[0], label: label)
            }
        }
        let taken = contents.withLock { contents -> String? in
            if let taken = names.first(where: contents.names.contains) { return taken }
            contents.names.formUnion(names)
            return nil
        }
        if let taken { throw .duplicateName(taken) }
        return names
    }
}
