/// How a terminal shows emphasis; none where it is no terminal, or wants none.
struct StatusStyle {
    /// What a piece of text is.
    enum Tone: String {
        case strong = "1"
        case quiet = "2"
        case good = "32"
        case bad = "1;31"
        case warn = "33"
        case half = "1;34"
        case cold = "36"
    }

    let isColoured: Bool

    func paint(_ text: String, _ tone: Tone?) -> String {
        guard isColoured, let tone else { return text }
        return "\u{1B}[\(tone.rawValue)m\(text)\u{1B}[0m"
    }
}

/// A line of a terminal: pieces with a tone each, so that it can be cut by what is seen of it.
struct StatusLine {
    private var pieces: [(text: String, tone: StatusStyle.Tone?)] = []
    /// How many columns it takes; what is shown has one per character.
    private(set) var width = 0

    mutating func append(_ text: String, _ tone: StatusStyle.Tone? = nil) {
        let text = StatusText.printable(text)
        pieces.append((text, tone))
        width += text.count
    }

    /// Appends a text in a column: padded to `width`, cut where it is longer.
    mutating func append(_ text: String, in width: Int, right: Bool = false, _ tone: StatusStyle.Tone? = nil) {
        let text = StatusText.printable(text)
        let shown = text.count > width ? text.prefix(max(0, width - 1)) + "…" : text[...]
        let padding = String(repeating: " ", count: max(0, width - shown.count))
        if right { append(padding) }
        append(String(shown), tone)
        if !right { append(padding) }
    }

    /// As it is written, cut to so many columns.
    func text(_ style: StatusStyle, width: Int?) -> String {
        var left = width ?? .max
        var line = ""
        for piece in pieces where left > 0 {
            let shown = piece.text.prefix(left)
            left -= shown.count
            line += style.paint(String(shown), piece.tone)
        }
        return line
    }
}
