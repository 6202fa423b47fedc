internal import FoundationEssentials
internal import WeirAdmin

/// The status page as the server renders it: the document with the state of now in it, to be read without a script, and
/// the script that keeps it alive from there on.
package struct StatusPage: Sendable {
    private enum Piece: Sendable {
        case fixed([UInt8])
        case slot(String)
    }

    /// The `Content-Security-Policy` of the document: its one style and one script, named by hash, requests to where it
    /// came from, and nothing else.
    package let contentSecurityPolicy: String
    private let pieces: [Piece]

    /// Joins the sources and hashes them; once, at start.
    package init() {
        self.init(document: PageSource.document, style: PageSource.style, script: PageSource.script)
    }

    init(document: [UInt8], style: [UInt8], script: [UInt8]) {
        func source(_ text: [UInt8]) -> String {
            "'sha256-\(Data(SHA256.hash(text)).base64EncodedString())'"
        }
        contentSecurityPolicy = [
            "default-src 'none'", "script-src \(source(script))", "style-src \(source(style))", "img-src data:",
            "connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
        ].joined(separator: "; ")
        pieces = Self.split(document).map { piece in
            switch piece {
            case .slot("style"): .fixed(style)
            case .slot("script"): .fixed(script)
            case .slot, .fixed: piece
            }
        }
    }

    /// The document with the rows of now in it. What cannot be read is left out; the page says so.
    ///
    /// - Parameters:
    ///   - status: The bytes of `/status`.
    ///   - events: The `data:` objects of the last events, oldest first; the last 30 are shown.
    package func render(status: [UInt8], events: [[UInt8]] = []) -> [UInt8] {
        let slots = Self.slots(StatusReport(json: status), events: events)
        var page: [UInt8] = []
        for piece in pieces {
            switch piece {
            case .fixed(let bytes): page += bytes
            case .slot(let name): page += slots[name]?.bytes ?? []
            }
        }
        return page
    }

    private static func slots(_ report: StatusReport?, events: [[UInt8]]) -> [String: HTMLText] {
        func plain(_ text: String) -> HTMLText {
            var html = HTMLText()
            html.text(text)
            return html
        }
        var slots = [
            "time": plain(Date.now.formatted(.iso8601)),
            "events": PageEvents.list(events.suffix(30).compactMap { PageEvent(json: $0) }),
        ]
        guard let report else {
            slots["verdict"] = plain("State unknown")
            slots["verdict_class"] = plain("warn")
            slots["verdict_icon"] = plain("i-warn")
            slots["problems"] = plain("The state could not be read.")
            return slots
        }
        let troubles = Trouble.all(in: report)
        let isBad = troubles.contains { $0.tone == .bad || $0.tone == .cold }
        slots["version"] = plain(report.version)
        slots["about"] = plain(
            "up \(FigureText.span(milliseconds: report.uptimeSeconds * 1000)) · \(report.config.path), "
                + "loaded \(report.config.loadedAt)")
        slots["verdict"] = plain(Trouble.verdict(troubles))
        slots["verdict_class"] = plain(troubles.isEmpty ? "good" : isBad ? "bad" : "warn")
        slots["verdict_icon"] = plain(troubles.isEmpty ? "i-good" : isBad ? "i-open" : "i-warn")
        slots["problems"] = PageRows.problems(troubles)
        slots["upstreams"] = PageRows.upstreams(report.upstreams)
        return slots
    }

    /// The document, cut at its slots: `{{name}}`.
    private static func split(_ document: [UInt8]) -> [Piece] {
        var pieces: [Piece] = []
        var rest = document[...]
        while let open = rest.firstRange(of: Array("{{".utf8)),
            let close = rest[open.upperBound...].firstRange(of: Array("}}".utf8))
        {
            pieces.append(.fixed(Array(rest[..<open.lowerBound])))
            pieces.append(.slot(String(decoding: rest[open.upperBound..<close.lowerBound], as: UTF8.self)))
            rest = rest[close.upperBound...]
        }
        return pieces + [.fixed(Array(rest))]
    }
}

extension Trouble {
    /// All of it in two words.
    package static func verdict(_ troubles: [Trouble]) -> String {
        switch troubles.count {
        case 0: "All clear"
        case 1: "1 problem"
        default: "\(troubles.count) problems"
        }
    }
}
