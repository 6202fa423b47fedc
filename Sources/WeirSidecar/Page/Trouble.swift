/// Something that is wrong, as a person should hear of it. The script of the status page says the same of itself.
package struct Trouble: Sendable {
    /// How bad things are: the order of troubles, upstreams and rows.
    enum Rank {
        static let banned = 90
        static let frozen = 80
        static let open = 70
        static let lineFull = 60
        static let reload = 55
        static let draining = 50
        static let sharedLost = 45
        static let halfOpen = 40
        static let shrunk = 30
        static let other = 20
        static let full = 10
    }

    /// The colour it has.
    package enum Tone: String, Sendable {
        case bad
        case cold
        case warn
        case half
    }

    package let rank: Int
    package let tone: Tone
    /// The symbol of the page, without its `i-`.
    package let icon: String
    package let title: String
    package let detail: String
    /// How long it lasts, or how much there is of it; and what that figure is.
    package let figure: (text: String, label: String)?
    /// The id of the element that it is about.
    package let anchor: String

    init(
        _ rank: Int, _ tone: Tone, icon: String, _ title: String, _ detail: String,
        figure: (text: String, label: String)? = nil, anchor: String = "main"
    ) {
        self.rank = rank
        self.tone = tone
        self.icon = icon
        self.title = title
        self.detail = detail
        self.figure = figure
        self.anchor = anchor
    }

    /// All that is wrong in a status, worst first.
    package static func all(in report: StatusReport) -> [Trouble] {
        var found: [Trouble] = []
        if report.draining {
            found.append(Trouble(Rank.draining, .warn, icon: "warn", "Weir is draining", "new calls are refused"))
        }
        if report.config.reloadsFailed > 0 {
            found.append(
                Trouble(
                    Rank.reload, .warn, icon: "warn", "Configuration not reloaded",
                    "the one of \(report.config.loadedAt) is in force",
                    figure: ("\(report.config.reloadsFailed)", "failed")))
        }
        for upstream in report.upstreams { found += all(in: upstream) }
        // Swift's sort is stable in practice but does not promise it.
        return found.enumerated().sorted { ($1.element.rank, $0.offset) < ($0.element.rank, $1.offset) }.map(\.element)
    }

    private static func all(in upstream: StatusReport.Upstream) -> [Trouble] {
        let name = upstream.name
        let anchor = "u-\(name)"
        var found: [Trouble] = []
        let stop = upstream.frozenForMs.map { (FigureText.span(milliseconds: $0), "left") }
        if upstream.banned {
            found.append(
                Trouble(
                    Rank.banned, .bad, icon: "banned", "\(name) has banned us", "nothing is sent", figure: stop,
                    anchor: anchor))
        } else if stop != nil {
            found.append(
                Trouble(
                    Rank.frozen, .cold, icon: "frozen", "\(name) is frozen", "the provider said stop", figure: stop,
                    anchor: anchor))
        }
        if let circuit = upstream.circuit { found += trouble(circuit, of: name, where: "", anchor: anchor) }
        for endpoint in upstream.endpoints {
            guard let circuit = endpoint.circuit else { continue }
            found += trouble(circuit, of: endpoint.name, where: "\(name) · ", anchor: "e-\(name)/\(endpoint.name)")
        }
        if upstream.queue.isFull {
            found.append(
                Trouble(
                    Rank.lineFull, .warn, icon: "line", "\(name) line is full",
                    "\(upstream.queue.length) of \(upstream.queue.maxLength) waiting",
                    figure: (FigureText.span(milliseconds: upstream.queue.oldestWaitMs), "oldest wait"),
                    anchor: anchor))
        }
        return found + upstream.reasons.compactMap { trouble(ofReason: $0, in: upstream) }
    }

    private static func trouble(
        _ circuit: StatusReport.Circuit, of name: String, where place: String, anchor: String
    ) -> [Trouble] {
        switch circuit.state {
        case "open":
            let probe = circuit.nextProbeInMs.map { (FigureText.span(milliseconds: $0), "to the next probe") }
            return [
                Trouble(
                    Rank.open, .bad, icon: "open", "\(name) circuit is open", "\(place)calls are refused",
                    figure: circuit.forced == nil ? probe : ("forced", "by hand"), anchor: anchor)
            ]
        case "half_open":
            return [
                Trouble(
                    Rank.halfOpen, .half, icon: "half_open", "\(name) circuit is half open",
                    "\(place)probing the provider", anchor: anchor)
            ]
        default: return []
        }
    }

    /// What a reason says that the rest of the status did not.
    private static func trouble(ofReason reason: String, in upstream: StatusReport.Upstream) -> Trouble? {
        let parts = reason.split(separator: ":", maxSplits: 1)
        let anchor = "u-\(upstream.name)"
        switch parts.first {
        case "circuit_open", "circuit_half_open", "frozen", "banned", "line_full": return nil
        case "shrunk":
            let limit = parts.dropFirst().first.map(String.init) ?? ""
            let limits = upstream.limits + upstream.endpoints.flatMap(\.limits)
            let factor = limits.filter { $0.name == limit }.compactMap(\.effectiveFactor).min()
            return Trouble(
                Rank.shrunk, .warn, icon: "shrunk", "\(limit) is shrunk", "\(upstream.name) · after 429 or under load",
                figure: factor.map { (FigureText.percent($0), "of its quota") }, anchor: anchor)
        case "shared_lost":
            return Trouble(
                Rank.sharedLost, .warn, icon: "warn", "\(upstream.name) holds its own share",
                "the shared quota is lost", anchor: anchor)
        default: return Trouble(Rank.other, .warn, icon: "warn", reason, upstream.name, anchor: anchor)
        }
    }
}
