/// The problems, upstreams and endpoints of the page, with the classes of its style sheet. The script builds the same
/// again, with what only it knows: rates, percentiles, the time since.
enum PageRows {
    /// The cards of what is wrong, or that nothing is.
    static func problems(_ troubles: [Trouble]) -> HTMLText {
        var html = HTMLText()
        guard !troubles.isEmpty else {
            html.markup(#"<p class="calm">"#)
            html.icon("good")
            html.markup("<span>Every circuit is closed and no provider has said stop.</span></p>")
            return html
        }
        html.markup("<ul>")
        for trouble in troubles.prefix(mostProblems) {
            html.text(#"<li class="problem "#, trouble.tone.rawValue, #"">"#)
            html.text(##"<a href="#"##, trouble.anchor, #"">"#)
            html.icon(trouble.icon)
            html.text("<div><b>", trouble.title, "</b>")
            html.text("<span>", trouble.detail, "</span></div>")
            html.text(#"<div class="left"><strong>"#, trouble.figure?.text ?? "", "</strong>")
            html.text("<span>", trouble.figure?.label ?? "", "</span></div></a></li>")
        }
        html.markup("</ul>")
        if troubles.count > mostProblems {
            html.text(#"<p class="more">and "#, "\(troubles.count - mostProblems)", " more: see the rows below</p>")
        }
        return html
    }

    /// The sections, worst first.
    static func upstreams(_ upstreams: [StatusReport.Upstream]) -> HTMLText {
        var html = HTMLText()
        for upstream in upstreams.worstFirst(by: \.rank) { section(upstream, into: &html) }
        return html
    }

    private static let mostProblems = 12

    private static func section(_ upstream: StatusReport.Upstream, into html: inout HTMLText) {
        html.text(#"<section class="upstream" id="u-"#, upstream.name, "\"")
        html.text(#" aria-labelledby="h-"#, upstream.name, #""><div class="up-head">"#)
        html.text(#"<h2 id="h-"#, upstream.name, "\">")
        html.text(upstream.name)
        html.markup("</h2>")
        if let circuit = upstream.circuit { self.circuit(circuit, into: &html) }
        if let stop = upstream.stop {
            html.text(#"<span class="tag "#, upstream.banned ? "bad" : "cold", #"">"#)
            html.text("", stop, "</span>")
        }
        if upstream.mode != "enforce" { html.text(#"<span class="tag warn">"#, upstream.mode, "</span>") }
        html.text(#"<span class="route">"#, "\(upstream.listen) → \(upstream.url)", "</span></div>")
        gauges(upstream, into: &html)
        table(upstream, into: &html)
        html.markup("</section>")
    }

    private static func gauges(_ upstream: StatusReport.Upstream, into html: inout HTMLText) {
        html.markup(#"<ul class="gauges" aria-label="Limits, line and connections">"#)
        for limit in upstream.limits {
            let factor = limit.effectiveFactor ?? 1
            let notes = [
                factor < 1 ? "shrunk to \(FigureText.percent(factor))" : nil,
                (limit.reserve ?? 0) > 0 ? "\(FigureText.percent(limit.reserve ?? 0)) reserved" : nil,
            ]
            gauge(
                limit.name, of: limit.period, figure: limit.usedText, PageBar(limit, provider: upstream.provider),
                notes: notes.compactMap(\.self).joined(separator: " · "), isFull: limit.isFull, into: &html)
        }
        if let provider = upstream.provider, let limit = provider.limit, let remaining = provider.remaining {
            gauge(
                "Provider", figure: "\(FigureText.count(limit - remaining))/\(FigureText.count(limit))",
                PageBar(used: provider.percentageUsed.map { $0 / 100 }), into: &html)
        }
        let queue = upstream.queue
        let oldest = "oldest waits \(FigureText.span(milliseconds: queue.oldestWaitMs))"
        gauge(
            "Line", figure: "\(queue.length)/\(queue.maxLength)",
            PageBar(used: Double(queue.length) / Double(max(1, queue.maxLength))),
            notes: queue.length > 0 ? oldest : "nobody waits", isFull: queue.isFull, into: &html)
        let connections = upstream.connections
        gauge(
            "Connections", of: "busy", figure: "\(connections.active)/\(connections.max)",
            PageBar(used: Double(connections.active) / Double(max(1, connections.max))),
            notes: "\(connections.idle) idle", isFull: connections.active >= connections.max, into: &html)
        html.markup("</ul>")
    }

    private static func gauge(
        _ name: String, of period: String = "", figure: String, _ bar: PageBar, notes: String = "",
        isFull: Bool = false, into html: inout HTMLText
    ) {
        html.text(#"<li class="gauge"#, isFull ? " full" : "", #""><p><span>"#)
        html.text("<span>", name, "</span> ")
        html.text(#"<span class="quiet">"#, period, "</span></span>")
        html.text("<span>", figure, "</span></p>")
        bar.write(into: &html)
        html.text("<small>", notes, "</small></li>")
    }

    private static func table(_ upstream: StatusReport.Upstream, into html: inout HTMLText) {
        guard !upstream.endpoints.isEmpty else { return }
        html.text(#"<table role="table" aria-labelledby="h-"#, upstream.name, #"">"#)
        html.markup(#"<thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">Endpoint</th>"#)
        html.markup(#"<th scope="col" role="columnheader" class="c-circuit">Circuit</th>"#)
        html.markup(#"<th scope="col" role="columnheader">Own limits</th>"#)
        html.markup(#"<th scope="col" role="columnheader">Outcomes since the start</th>"#)
        html.markup(#"<th scope="col" role="columnheader" class="c-flight num">In flight</th>"#)
        html.markup(#"</tr></thead><tbody role="rowgroup">"#)
        for endpoint in upstream.endpoints.worstFirst(by: \.rank) { row(endpoint, of: upstream, into: &html) }
        html.markup("</tbody></table>")
    }

    private static func row(
        _ endpoint: StatusReport.Endpoint, of upstream: StatusReport.Upstream, into html: inout HTMLText
    ) {
        let tone = ["open": "t-bad", "half_open": "t-half"][endpoint.circuit?.state ?? ""] ?? ""
        html.text(#"<tr role="row" class=""#, tone, #"" id="e-"#)
        html.text("", "\(upstream.name)/\(endpoint.name)", #""><th scope="row" role="rowheader"><div class="who">"#)
        html.text(#"<span class="name">"#, endpoint.name, "</span>")
        if endpoint.priority != "normal" { html.text(#"<span class="tag">"#, endpoint.priority, "</span>") }
        if endpoint.bypassCircuit { html.markup(#"<span class="tag">bypass</span>"#) }
        html.markup(#"</div></th><td role="cell" class="c-circuit"><div class="circuit">"#)
        circuit(endpoint.circuit, into: &html)
        html.markup(#"</div></td><td role="cell" class="c-limits"><div class="own">"#)
        for limit in endpoint.limits {
            html.text(#"<div class="limit"#, limit.isFull ? " full" : "", #"">"#)
            html.text(#"<span class="limit-name">"#, limit.name, "</span>")
            PageBar(limit, provider: endpoint.provider).write(into: &html)
            html.text(#"<span class="n">"#, limit.usedText, "</span></div>")
        }
        html.markup(#"</div></td><td role="cell"><div class="outs">"#)
        outcomes(endpoint, into: &html)
        html.markup(#"</div></td><td role="cell" class="c-flight num" data-label="In flight">"#)
        html.text("", "\(endpoint.inFlight)", "</td></tr>")
    }

    private static func outcomes(_ endpoint: StatusReport.Endpoint, into html: inout HTMLText) {
        html.text("<span>", "\(endpoint.calls("success")) ok", "</span>")
        let failed = endpoint.calls("upstream_error", "timeout", "network_error")
        if failed > 0 { html.text(#"<span class="o-failed">"#, "\(failed) failed", "</span>") }
        let refused = endpoint.calls("circuit_open")
        if refused > 0 { html.text(#"<span class="o-refused">"#, "\(refused) refused", "</span>") }
        let limited = endpoint.calls("rate_limited")
        if limited > 0 { html.text(#"<span class="o-limited">"#, "\(limited) limited", "</span>") }
        let client = endpoint.calls("client_error")
        if client > 0 { html.text(#"<span class="o-client">"#, "\(client) 4xx", "</span>") }
    }

    private static func circuit(_ circuit: StatusReport.Circuit?, into html: inout HTMLText) {
        let words = ["closed": "closed", "open": "OPEN", "half_open": "HALF OPEN"]
        let state = circuit.flatMap { words[$0.state] == nil ? nil : $0.state } ?? "none"
        html.text(#"<span class="state "#, state, #"">"#)
        html.icon(state)
        let word = circuit.map { words[$0.state] ?? $0.state } ?? "off"
        html.text("<span>", word + (circuit?.forced == nil ? "" : ", forced"), "</span></span>")
        guard let circuit else { return }
        html.text(#"<span class="detail">"#, circuit.detail, "</span>")
    }
}

extension StatusReport.Circuit {
    /// What it counts, or when it probes next.
    package var detail: String {
        switch state {
        case "open" where forced != nil: return "by hand"
        case "open": return nextProbeInMs.map { "probes in \(FigureText.span(milliseconds: $0))" } ?? ""
        case "half_open": return "probing now"
        default:
            guard failuresInWindow > 0 else { return "" }
            return "\(failuresInWindow)\(failThreshold.map { "/\($0)" } ?? "") failed"
        }
    }
}

extension Array {
    /// In order of trouble; ties keep the order of the configuration.
    package func worstFirst(by rank: (Element) -> Int) -> [Element] {
        enumerated().map { (rank: rank($0.element), offset: $0.offset, element: $0.element) }
            .sorted { ($1.rank, $0.offset) < ($0.rank, $1.offset) }.map(\.element)
    }
}
