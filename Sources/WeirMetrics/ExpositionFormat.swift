/// The formats in which Prometheus reads metrics. Samples are written alike in both, so that a series keeps its
/// identity whichever is asked for; what differs is said here.
package enum ExpositionFormat: Sendable, CaseIterable {
    /// The Prometheus text format 0.0.4.
    case text
    /// OpenMetrics 1.0.0: HELP escapes quotes too, a counter's HELP and TYPE name it without `_total`, and `# EOF`
    /// ends it.
    case openMetrics

    /// The lines before a family's samples.
    func header(name: String, type: String, help: String) -> [UInt8] {
        var family = name
        if self == .openMetrics, type == Counter.typeName {
            family = name.withoutTotal
        }
        var header = Array("# HELP \(family) ".utf8)
        header.appendEscaped(help, quotes: self == .openMetrics)
        header.append(contentsOf: "\n# TYPE \(family) \(type)\n".utf8)
        return header
    }

    /// What ends an exposition.
    var trailer: String {
        switch self {
        case .text: ""
        case .openMetrics: "# EOF\n"
        }
    }
}

extension String {
    /// A counter's name as OpenMetrics has it.
    var withoutTotal: String {
        hasSuffix("_total") ? String(dropLast("_total".count)) : self
    }
}
