internal import WeirSidecar

/// The endpoints of an upstream as a table; a narrow terminal gets fewer columns, the last first.
struct StatusTable {
    private struct Column {
        let title: String
        let width: Int
        var isRight = true
        let cell: (StatusReport.Endpoint) -> (text: String, tone: StatusStyle.Tone?)
    }

    private let upstream: StatusReport.Upstream
    private let columns: [Column]

    init(_ upstream: StatusReport.Upstream, rates: StatusRates?, width: Int?) {
        self.upstream = upstream
        let widest = upstream.endpoints.map(\.name.count).max() ?? 0
        let name = Column(title: "ENDPOINT", width: min(28, max(8, widest)), isRight: false) { ($0.name, .strong) }
        let all = [name] + Self.columns(upstream.name, rates: rates)
        var used = Self.indent
        let fitting = all.prefix { column in
            used += column.width + Self.gap
            return used - Self.gap <= width ?? .max
        }
        columns = fitting.isEmpty ? [name] : Array(fitting)
    }

    func lines() -> [StatusLine] {
        guard !upstream.endpoints.isEmpty else { return [] }
        let heading = line { ($0.title, .quiet) }
        return [heading] + upstream.endpoints.worstFirst(by: \.rank).map { endpoint in line { $0.cell(endpoint) } }
    }

    private static let indent = 2
    private static let gap = 2

    private func line(_ cell: (Column) -> (text: String, tone: StatusStyle.Tone?)) -> StatusLine {
        var line = StatusLine()
        line.append(String(repeating: " ", count: Self.indent))
        for (index, column) in columns.enumerated() {
            if index > 0 { line.append(String(repeating: " ", count: Self.gap)) }
            let (text, tone) = cell(column)
            // Nothing is aligned behind the last one.
            let isLast = index == columns.count - 1 && !column.isRight
            line.append(text, in: isLast ? min(column.width, text.count) : column.width, right: column.isRight, tone)
        }
        return line
    }

    private static func columns(_ upstream: String, rates: StatusRates?) -> [Column] {
        func count(
            _ title: String, _ tone: StatusStyle.Tone? = nil, _ calls: @escaping (StatusReport.Endpoint) -> UInt64
        ) -> Column {
            Column(title: title, width: 9) { endpoint in
                let value = rates.map { $0.rate(of: upstream, endpoint, calls) } ?? Double(calls(endpoint))
                return (FigureText.count(value), value > 0 ? tone : tone == nil ? nil : .quiet)
            }
        }
        return [
            Column(title: "CIRCUIT", width: 18, isRight: false) {
                ($0.circuit?.word ?? "off", $0.circuit?.tone ?? .quiet)
            },
            Column(title: "PROBE/FAILURES", width: 16, isRight: false) { ($0.circuit?.detail ?? "", nil) },
            count(rates == nil ? "CALLS" : "CALLS/S") { $0.allCalls },
            count("FAILED", .bad) { $0.calls("upstream_error", "timeout", "network_error") },
            count("REFUSED", .half) { $0.calls("circuit_open") },
            count("LIMITED", .warn) { $0.calls("rate_limited") },
            Column(title: "INFLIGHT", width: 8) { ("\($0.inFlight)", nil) },
            Column(title: "LIMITS", width: 40, isRight: false) { endpoint in
                let texts = endpoint.limits.map { "\($0.name) \($0.usedText)" }
                return (texts.joined(separator: ", "), endpoint.limits.contains(where: \.isFull) ? .warn : nil)
            },
        ]
    }
}
