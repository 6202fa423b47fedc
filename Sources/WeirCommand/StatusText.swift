internal import WeirSidecar

/// A status as lines of a terminal. Pure.
struct StatusText {
    private let report: StatusReport
    private let rates: StatusRates?
    private let style: StatusStyle
    private let width: Int?

    /// - Parameters:
    ///   - rates: calls per second, where an earlier status is known; without them calls since the start are shown.
    ///   - width: columns of the terminal; `nil`: as many as it takes.
    init(_ report: StatusReport, rates: StatusRates? = nil, style: StatusStyle, width: Int? = nil) {
        self.report = report
        self.rates = rates
        self.style = style
        self.width = width
    }

    /// All of it.
    func lines() -> [String] {
        var lines = [heading()] + Trouble.all(in: report).map(line)
        for upstream in report.upstreams.worstFirst(by: \.rank) {
            lines.append(StatusLine())
            lines.append(heading(upstream))
            lines += gauges(upstream)
            lines += StatusTable(upstream, rates: rates, width: width).lines()
        }
        return lines.map { $0.text(style, width: width) }
    }

    /// Text that a terminal shows as it is: what could move its cursor or turn the text around is a question mark.
    static func printable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    switch scalar.properties.generalCategory {
                    case .control, .format, .surrogate, .lineSeparator, .paragraphSeparator, .unassigned: "?"
                    default: scalar
                    }
                }))
    }

    private func heading() -> StatusLine {
        let troubles = Trouble.all(in: report)
        var line = StatusLine()
        line.append("weir \(report.version)  ", .strong)
        line.append(Trouble.verdict(troubles), troubles.isEmpty ? .good : .bad)
        let up = FigureText.span(milliseconds: report.uptimeSeconds * 1000)
        line.append("  up \(up)  \(report.config.path)", .quiet)
        return line
    }

    private func line(_ trouble: Trouble) -> StatusLine {
        let tone: StatusStyle.Tone =
            switch trouble.tone {
            case .bad: .bad
            case .warn: .warn
            case .half: .half
            case .cold: .cold
            }
        var line = StatusLine()
        line.append("  ! ", tone)
        line.append(trouble.title, tone)
        line.append("  \(trouble.detail)")
        if let figure = trouble.figure { line.append("  \(figure.text) \(figure.label)", .strong) }
        return line
    }

    private func heading(_ upstream: StatusReport.Upstream) -> StatusLine {
        var line = StatusLine()
        line.append(upstream.name, .strong)
        if let circuit = upstream.circuit {
            line.append("  circuit \(circuit.word) \(circuit.detail)", circuit.tone)
        }
        if let stop = upstream.stop { line.append("  \(stop)", upstream.banned ? .bad : .cold) }
        if upstream.mode != "enforce" { line.append("  [\(upstream.mode)]", .warn) }
        line.append("  \(upstream.listen) -> \(upstream.url)", .quiet)
        return line
    }

    private func gauges(_ upstream: StatusReport.Upstream) -> [StatusLine] {
        var lines = upstream.limits.map { limit in
            let factor = limit.effectiveFactor ?? 1
            let notes = factor < 1 ? "shrunk to \(FigureText.percent(factor))" : ""
            return gauge(limit.name, limit.share, "\(limit.usedText) \(limit.period)", notes, isFull: limit.isFull)
        }
        if let provider = upstream.provider, let limit = provider.limit, let remaining = provider.remaining {
            let figure = "\(FigureText.count(limit - remaining))/\(FigureText.count(limit))"
            lines.append(gauge("provider", provider.percentageUsed.map { $0 / 100 }, figure, "by its own count"))
        }
        let queue = upstream.queue
        let oldest = queue.length > 0 ? "oldest waits \(FigureText.span(milliseconds: queue.oldestWaitMs))" : ""
        let connections = upstream.connections
        lines.append(
            gauge(
                "line", Double(queue.length) / Double(max(1, queue.maxLength)), "\(queue.length)/\(queue.maxLength)",
                oldest, isFull: queue.isFull))
        lines.append(
            gauge(
                "connections", Double(connections.active) / Double(max(1, connections.max)),
                "\(connections.active)/\(connections.max)", "\(connections.idle) idle",
                isFull: connections.active >= connections.max))
        return lines
    }

    private func gauge(
        _ name: String, _ share: Double?, _ figure: String, _ notes: String, isFull: Bool = false
    ) -> StatusLine {
        let tone: StatusStyle.Tone? = isFull ? .warn : nil
        var line = StatusLine()
        line.append("  ")
        line.append(name, in: 14)
        line.append(" ")
        if let share { line.append(Self.bar(share), tone ?? .quiet) } else { line.append("", in: 22) }
        line.append(" \(figure)", tone)
        if !notes.isEmpty { line.append("  \(notes)", .quiet) }
        return line
    }

    /// A bar of 20 cells within brackets.
    static func bar(_ share: Double) -> String {
        let cells = 20
        let used = share.isFinite ? Int((min(1, max(0, share)) * Double(cells)).rounded()) : 0
        return "[" + String(repeating: "#", count: used) + String(repeating: "-", count: cells - used) + "]"
    }
}

extension StatusReport.Circuit {
    /// Its state in words.
    var word: String {
        let words = ["closed": "closed", "open": "OPEN", "half_open": "HALF OPEN"]
        return (words[state] ?? state) + (forced == nil ? "" : " (forced)")
    }

    /// The tone of its state.
    var tone: StatusStyle.Tone? {
        switch state {
        case "open": .bad
        case "half_open": .half
        default: nil
        }
    }
}
