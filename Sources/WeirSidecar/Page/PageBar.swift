/// A quota as a bar. Its figures are attributes of SVG, which a strict policy lets through where it blocks styles.
struct PageBar {
    /// The share in use; `nil` where that is not known.
    var used: Double?
    /// The share kept for critical calls.
    var reserve: Double = 0
    /// What is left of the quota for now.
    var factor: Double = 1
    /// Where the provider says we are.
    var provider: Double?

    /// The bar of a limit. The provider's mark is on the one that has its figure; the status does not say whose it is.
    init(_ limit: StatusReport.Limit, provider: StatusReport.Provider?) {
        used = limit.share
        reserve = limit.reserve ?? 0
        factor = limit.effectiveFactor ?? 1
        if let provider, provider.limit == limit.limit { self.provider = provider.percentageUsed.map { $0 / 100 } }
    }

    /// A plain bar.
    init(used: Double?) {
        self.used = used
    }

    func write(into html: inout HTMLText) {
        html.markup(#"<svg class="bar" aria-hidden="true">"#)
        if reserve > 0 { rect("reserve", x: factor * (1 - reserve), width: factor * reserve, into: &html) }
        if let used { rect("fill", x: 0, width: used, into: &html) }
        if factor < 1 { rect("gone", x: factor, width: 1 - factor, into: &html) }
        if let provider { rect("provider", x: min(0.995, provider), width: nil, into: &html) }
        html.markup("</svg>")
    }

    private func rect(_ name: String, x: Double, width: Double?, into html: inout HTMLText) {
        html.text(#"<rect class=""#, name, #"" height="100%" x=""#)
        html.text("", percentage(x), #"%" width=""#)
        html.text("", width.map { percentage($0) + "%" } ?? "2", #""/>"#)
    }

    private func percentage(_ share: Double) -> String {
        FigureText.decimal(share.isFinite ? min(1, max(0, share)) * 100 : 0, places: 2)
    }
}
