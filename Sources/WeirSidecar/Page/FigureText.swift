/// Figures as people read them.
package enum FigureText {
    /// A count: `600`, `84211`, `200 k`, `12.3 M`; anything that is no count is a dash.
    package static func count(_ value: Double) -> String {
        guard value.isFinite, value.magnitude < 1e15 else { return "–" }
        if value >= 1e6 { return "\(decimal(value / 1e6, places: value >= 1e7 ? 0 : 1)) M" }
        if value >= 1e5 { return "\(decimal(value / 1e3, places: 0)) k" }
        return decimal(value, places: value == value.rounded() ? 0 : 1)
    }

    /// A span that somebody waits for or remembers: `9.4 s`, `42 s`, `9 min 12 s`, `3 h 5 min`, `4 d 2 h`.
    package static func span(milliseconds: Double) -> String {
        guard milliseconds.isFinite, milliseconds < 1e15 else { return "–" }
        let seconds = max(0, milliseconds) / 1000
        if seconds < 9.95 { return "\(decimal(seconds, places: 1)) s" }
        let whole = Int(seconds.rounded())
        switch whole {
        case ..<100: return "\(whole) s"
        case ..<3600: return "\(whole / 60) min" + (whole % 60 == 0 ? "" : " \(whole % 60) s")
        case ..<86400: return "\(whole / 3600) h \(whole % 3600 / 60) min"
        default: return "\(whole / 86400) d \(whole % 86400 / 3600) h"
        }
    }

    /// The length of a window: `250 ms`, `5 s`, `1 min`, `1 h`, `1 d`.
    package static func period(seconds: Double) -> String {
        guard seconds.isFinite, (0..<1e12).contains(seconds) else { return "–" }
        if seconds < 1 { return "\(decimal(seconds * 1000, places: 0)) ms" }
        for (unit, length) in [("d", 86400.0), ("h", 3600), ("min", 60)]
        where seconds.truncatingRemainder(dividingBy: length) == 0 {
            return "\(decimal(seconds / length, places: 0)) \(unit)"
        }
        return "\(decimal(seconds, places: seconds == seconds.rounded() ? 0 : 1)) s"
    }

    /// A share (0..1) as per cent, rounded to a whole one.
    package static func percent(_ share: Double) -> String {
        share.isFinite && share.magnitude < 1e9 ? "\(decimal(share * 100, places: 0)) %" : "–"
    }

    /// With so many decimal places; `value` is finite and below 10¹⁵.
    package static func decimal(_ value: Double, places: Int) -> String {
        guard places > 0 else { return "\(Int(value.rounded()))" }
        let scale = (0..<places).reduce(1) { product, _ in product * 10 }
        let scaled = Int((value * Double(scale)).rounded())
        let fraction = String(scaled.magnitude % UInt(scale))
        let zeros = String(repeating: "0", count: places - fraction.count)
        return "\(scaled < 0 ? "-" : "")\(scaled.magnitude / UInt(scale)).\(zeros)\(fraction)"
    }
}
