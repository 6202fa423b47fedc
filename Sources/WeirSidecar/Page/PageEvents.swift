internal import FoundationEssentials

/// An event as the page shows it: the object of an event's `data:`, of which only what is shown is read.
struct PageEvent: Decodable {
    let time: String
    let type: String
    let upstream: String?
    let endpoint: String?
    let to: String?
    let cause: String?
    let seconds: Double?
    let status: Int?
    let limit: String?
    let factor: Double?
    let ok: Bool?

    /// Reads it; `nil` when it is something else.
    init?(json: [UInt8]) {
        guard let event = try? JSONDecoder().decode(Self.self, from: Data(json)) else { return nil }
        self = event
    }

    /// What happened: a symbol, a colour and a text.
    var description: (icon: String, tone: String, text: String) {
        let span = FigureText.span(milliseconds: (seconds ?? 0) * 1000) + (status.map { " (\($0))" } ?? "")
        switch type {
        case "circuit":
            let tone = ["open": "bad", "half_open": "half", "closed": "good"][to ?? ""] ?? ""
            return (tone.isEmpty ? "none" : to ?? "none", tone, "circuit \(spaced(to ?? ""))")
        case "freeze": return ("frozen", "cold", "frozen for \(span)")
        case "ban": return ("banned", "bad", "banned for \(span)")
        case "thaw": return ("good", "good", "thawed")
        case "shrink": return ("shrunk", "warn", "\(limit ?? "") shrunk to \(FigureText.percent(factor ?? 1))")
        case "recovered": return ("good", "good", "\(limit ?? "") recovered")
        case "reload" where ok == true: return ("good", "good", "configuration reloaded")
        case "reload": return ("warn", "warn", "reload failed")
        case "drain": return ("warn", "warn", "draining")
        case "shared_lost": return ("warn", "warn", "shared quota lost")
        case "shared_back": return ("good", "good", "shared quota is back")
        default: return ("none", "", type)
        }
    }

    func spaced(_ word: String) -> String {
        String(word.map { $0 == "_" ? " " : $0 })
    }
}

/// The list of the last events.
enum PageEvents {
    /// The items, newest first.
    static func list(_ events: [PageEvent]) -> HTMLText {
        var html = HTMLText()
        if events.isEmpty { html.markup(#"<li class="no-events">No event yet.</li>"#) }
        for event in events.reversed() {
            let (icon, tone, text) = event.description
            html.text(#"<li class="event "#, tone, #"">"#)
            html.icon(icon)
            html.text("<p><b>", text, "</b></p>")
            html.text(#"<time datetime=""#, event.time, #"">"#)
            html.text("", event.time, "</time>")
            let about = [event.upstream, event.endpoint, event.cause.map(event.spaced)].compactMap(\.self)
            let place = about.filter { !$0.isEmpty }
            if !place.isEmpty { html.text(#"<p class="where">"#, place.joined(separator: " · "), "</p>") }
            html.markup("</li>")
        }
        return html
    }
}
