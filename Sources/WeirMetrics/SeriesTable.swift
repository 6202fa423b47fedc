/// The label values of a series as the bytes that they are: strings that Unicode holds equal are still two series.
struct SeriesKey: Hashable, Sendable {
    private static let end: UInt8 = 0xFF  // occurs in no UTF-8
    private let bytes: [UInt8]
    /// Kept, so that a table that grows or compares does not go through the bytes again.
    private let hash: Int

    init(_ values: [String]) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(values.reduce(values.count) { $0 + $1.utf8.count })
        for value in values {
            bytes.append(contentsOf: value.utf8)
            bytes.append(Self.end)
        }
        self.bytes = bytes
        hash = bytes.hashValue
    }

    static func == (left: Self, right: Self) -> Bool {
        left.hash == right.hash && left.bytes == right.bytes
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(hash)
    }

    /// The value of one label.
    subscript(label: Int) -> ArraySlice<UInt8> {
        bytes.split(separator: Self.end, maxSplits: label + 1, omittingEmptySubsequences: false)[label]
    }
}

/// The series of a family in the order in which they were made.
///
/// They stand on pages of a fixed number. Who renders holds on to the pages as they are; who adds a series meanwhile
/// copies one page, and not the family.
struct SeriesTable<Series: Instrument>: Sendable {
    /// So many series, and the beginnings of their lines.
    struct Page: Sendable {
        static var size: Int { 128 }

        fileprivate var keys: [SeriesKey] = []
        fileprivate var series: [Series] = []
        fileprivate var lines = LineTable()

        /// Appends the lines of all its series.
        func write(_ shape: Series.Shape, into out: inout [UInt8]) {
            guard !series.isEmpty else { return }
            let linesPerSeries = lines.count / series.count
            for index in series.indices {
                series[index].write(lines, from: index * linesPerSeries, shape: shape, into: &out)
            }
        }

        fileprivate mutating func move(_ index: Int, to pages: inout [Page]) {
            let linesPerSeries = lines.count / series.count
            SeriesTable.withOpenPage(&pages) { page in
                page.keys.append(keys[index])
                page.series.append(series[index])
                page.lines.append(lines, from: index * linesPerSeries, count: linesPerSeries)
            }
        }
    }

    private(set) var pages: [Page] = []
    private var byKey: [SeriesKey: Series] = [:]

    /// How many series there are.
    var count: Int { byKey.count }

    subscript(key: SeriesKey) -> Series? { byKey[key] }

    /// Adds a series at 0.
    mutating func add(_ key: SeriesKey, name: String, labels: [LabelPair], shape: Series.Shape) -> Series {
        let series = Series(shape: shape)
        byKey[key] = series
        Self.withOpenPage(&pages) { page in
            page.keys.append(key)
            page.series.append(series)
            Series.addLines(name: name, labels: labels, shape: shape, to: &page.lines)
        }
        return series
    }

    /// Removes the series whose keys are so; the others keep their order.
    mutating func removeAll(where isGone: (SeriesKey) -> Bool) {
        let gone = byKey.keys.filter(isGone)
        guard !gone.isEmpty else { return }
        for key in gone {
            byKey[key] = nil
        }
        var kept: [Page] = []
        for var page in pages {
            for index in page.keys.indices where byKey[page.keys[index]] != nil {
                page.move(index, to: &kept)
            }
        }
        pages = kept
    }

    /// Lets the last page be written to, or a new one if that is full.
    private static func withOpenPage(_ pages: inout [Page], _ write: (inout Page) -> Void) {
        if pages.last.map({ $0.series.count == Page.size }) ?? true {
            pages.append(Page())
        }
        write(&pages[pages.count - 1])
    }
}
