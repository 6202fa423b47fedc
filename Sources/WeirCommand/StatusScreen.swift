#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif
internal import FoundationEssentials

/// Standard output as a screen.
struct StatusScreen {
    /// Whether it is a terminal that can be redrawn.
    let isTerminal: Bool
    /// What it can show.
    let style: StatusStyle

    init() {
        let environment = ProcessInfo.processInfo.environment
        isTerminal = isatty(STDOUT_FILENO) == 1 && environment["TERM"] != "dumb"
        style = StatusStyle(isColoured: isTerminal && (environment["NO_COLOR"] ?? "").isEmpty)
    }

    /// Columns and rows of the terminal; `nil` where it is none or does not say.
    var size: (columns: Int, rows: Int)? {
        var size = winsize()
        guard isTerminal, unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0
        else { return nil }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// Writes lines.
    func print(_ lines: [String]) {
        Terminal.say(lines.joined(separator: "\n"))
    }

    /// Changes to the alternate screen and hides the cursor; what was there comes back with `close`.
    func open() {
        if isTerminal { Terminal.say("\u{1B}[?1049h\u{1B}[?25l\u{1B}[2J") }
    }

    /// Draws over what is there, as many lines as fit. Without a terminal it writes them below it.
    func redraw(_ lines: [String]) {
        guard isTerminal else { return print(lines + [""]) }
        // The last row is left free: a line there would end with a scroll.
        let rows = max(2, (size?.rows ?? 24) - 1)
        let hidden = lines.count - rows
        let shown = hidden > 0 ? lines.prefix(rows - 1) + ["… \(hidden + 1) more lines"] : lines[...]
        Terminal.say("\u{1B}[H" + shown.map { $0 + "\u{1B}[K" }.joined(separator: "\n") + "\n\u{1B}[J\u{1B}[A")
    }

    func close() {
        if isTerminal { Terminal.say("\u{1B}[?25h\u{1B}[?1049l") }
    }
}
