import Synchronization

/// All series of one metric. Handles to them are resolved once, when the configuration is loaded, and are then used
/// without any lookup.
package final class Family<Series: Instrument>: Sendable {
    private struct Contents {
        var series: [Series] = []
        var lines = LineTable()
        /// By the bytes of the values: strings that Unicode holds equal are still two series.
        var positions: [[UInt8]: Int] = [:]
    }

    /// The metric's name.
    package let name: String
    /// The names of its labels.
    package let labels: [String]
    private let header: [UInt8]
    private let shape: Series.Shape
    /// Taken when a series is made and when the family is rendered, never when a value changes.
    private let contents = Mutex(Contents())

    init(name: String, help: String, labels: [String], shape: Series.Shape) {
        self.name = name
        self.labels = labels
        self.shape = shape
        var header = Array("# HELP \(name) ".utf8)
        header.appendEscaped(help, quotes: false)
        header.append(contentsOf: "\n# TYPE \(name) \(Series.typeName)\n".utf8)
        self.header = header
    }

    /// The series whose labels have these values, made at 0 if there is none yet.
    package func series(_ values: [String]) throws(MetricError) -> Series {
        guard values.count == labels.count else {
            throw .labelCount(metric: name, expected: labels.count, given: values.count)
        }
        var key: [UInt8] = []
        for value in values {
            key.append(contentsOf: value.utf8)
            key.append(0xFF)  // occurs in no UTF-8
        }
        return contents.withLock { contents in
            if let position = contents.positions[key] {
                return contents.series[position]
            }
            let pairs = zip(labels, values).map { LabelPair(name: $0, value: $1) }
            Series.addLines(name: name, labels: pairs, shape: shape, to: &contents.lines)
            let series = Series(shape: shape)
            contents.positions[key] = contents.series.count
            contents.series.append(series)
            return series
        }
    }
}

extension Family: RenderedFamily {
    func render(into out: inout [UInt8]) {
        out.append(contentsOf: header)
        contents.withLock { contents in
            guard !contents.series.isEmpty else { return }
            let linesPerSeries = contents.lines.count / contents.series.count
            var first = 0
            for series in contents.series {
                series.write(contents.lines, from: first, shape: shape, into: &out)
                first += linesPerSeries
            }
        }
    }
}

/// A family whatever its type.
protocol RenderedFamily: Sendable {
    /// Appends HELP, TYPE and every series in the order in which they were made.
    func render(into out: inout [UInt8])
}

/// A family of counters.
package typealias CounterFamily = Family<Counter>
/// A family of gauges.
package typealias GaugeFamily = Family<Gauge>
/// A family of histograms.
package typealias HistogramFamily = Family<Histogram>
