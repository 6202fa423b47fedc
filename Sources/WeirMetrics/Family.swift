import Synchronization

/// All series of one metric. Handles to them are resolved once, when the configuration is loaded, and are then used
/// without any lookup.
///
/// It holds no more series than its limit. Who asks for one more is given the overflow series, whose labels all read
/// `(overflow)`, and is counted in `dropped`: memory stays bounded whatever the labels are made of.
package final class Family<Series: Instrument>: Sendable {
    /// The value of every label of the overflow series. No name of the configuration can have brackets.
    package static var overflowLabel: String { "(overflow)" }

    /// The metric's name.
    package let name: String
    /// The names of its labels.
    package let labels: [String]
    /// The most series it holds, the overflow series apart.
    package let limit: Int
    /// How often the overflow series was given out.
    package let dropped: Counter
    private let textHeader: [UInt8]
    private let openMetricsHeader: [UInt8]
    private let shape: Series.Shape
    /// Taken for a moment when a series is made and when a rendering begins, never when a value changes.
    private let table = Mutex(SeriesTable<Series>())
    private let overflowValues: [String]
    private let overflowKey: SeriesKey

    init(name: String, help: String, labels: [String], shape: Series.Shape, limit: Int, dropped: Counter) {
        self.name = name
        self.labels = labels
        self.shape = shape
        self.limit = max(1, limit)
        self.dropped = dropped
        overflowValues = labels.map { _ in Self.overflowLabel }
        overflowKey = SeriesKey(overflowValues)
        textHeader = ExpositionFormat.text.header(name: name, type: Series.typeName, help: help)
        openMetricsHeader = ExpositionFormat.openMetrics.header(name: name, type: Series.typeName, help: help)
    }

    /// The series whose labels have these values, made at 0 if there is none yet; the overflow series if there are
    /// too many.
    package func series(_ values: [String]) throws(MetricError) -> Series {
        guard values.count == labels.count else {
            throw .labelCount(metric: name, expected: labels.count, given: values.count)
        }
        let key = SeriesKey(values)
        return table.withLock { table in
            if let series = table[key] {
                return series
            }
            guard table.count < limit || table.count == limit && table[overflowKey] != nil else {
                dropped.increment()
                return table[overflowKey] ?? add(overflowKey, overflowValues, to: &table)
            }
            return add(key, values, to: &table)
        }
    }

    /// Forgets every series that has all these values, unless the family lacks one of the labels. Handles to them can
    /// be used as before, but what they count is shown no more.
    package func remove(matching wanted: [String: String]) {
        var values: [(label: Int, value: [UInt8])] = []
        for (label, value) in wanted {
            guard let position = labels.firstIndex(of: label) else { return }
            values.append((position, Array(value.utf8)))
        }
        table.withLock { $0.removeAll { key in values.allSatisfy { key[$0.label].elementsEqual($0.value) } } }
    }

    /// Appends HELP, TYPE and every series in the order in which they were made. The values are read while nobody
    /// waits: the lock is only held to take hold of the table, which a writer then copies by the page if it must.
    func render(_ format: ExpositionFormat, into out: inout [UInt8]) {
        switch format {
        case .text: out.append(contentsOf: textHeader)
        case .openMetrics: out.append(contentsOf: openMetricsHeader)
        }
        for page in table.withLock({ $0.pages }) {
            page.write(shape, into: &out)
        }
    }

    private func add(_ key: SeriesKey, _ values: [String], to table: inout SeriesTable<Series>) -> Series {
        let pairs = zip(labels, values).map { LabelPair(name: $0, value: $1) }
        return table.add(key, name: name, labels: pairs, shape: shape)
    }
}

/// A family of counters.
package typealias CounterFamily = Family<Counter>
/// A family of gauges.
package typealias GaugeFamily = Family<Gauge>
/// A family of histograms.
package typealias HistogramFamily = Family<Histogram>

/// A family of any type. An enumeration and no protocol, so that rendering is compiled for each type.
enum AnyFamily: Sendable {
    case counters(CounterFamily)
    case gauges(GaugeFamily)
    case histograms(HistogramFamily)

    func render(_ format: ExpositionFormat, into out: inout [UInt8]) {
        switch self {
        case .counters(let family): family.render(format, into: &out)
        case .gauges(let family): family.render(format, into: &out)
        case .histograms(let family): family.render(format, into: &out)
        }
    }

    func remove(matching wanted: [String: String]) {
        switch self {
        case .counters(let family): family.remove(matching: wanted)
        case .gauges(let family): family.remove(matching: wanted)
        case .histograms(let family): family.remove(matching: wanted)
        }
    }
}
