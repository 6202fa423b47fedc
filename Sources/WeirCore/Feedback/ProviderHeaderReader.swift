/// Reads what an answer's headers say about the provider's quota, in one dialect or in whichever is there.
///
/// What is malformed is as if it were not there.
package struct ProviderHeaderReader: Sendable {
    /// The header names that are ever asked for, lower case.
    package let names: [String]
    private let dialects: [Dialect]

    /// A reader of `headers`.
    package init(_ headers: ProviderHeaders) {
        dialects = Dialect.all(headers)
        names = dialects.flatMap(\.names)
    }

    /// What an answer says that came at `time.now`; nil where it says nothing that is understood. `value` gives the
    /// first value of a header, trimmed, letter case of the name aside. Of an unknown dialect only the first name is
    /// asked for.
    package func read(_ time: HeaderTime, _ value: (String) -> String?) -> ProviderReading? {
        for dialect in dialects {
            if let reading = dialect.read(time, value) { return reading }
        }
        return nil
    }
}

/// One way of saying it.
private enum Dialect: Sendable {
    /// One quota or several; where the first is not spoken of, neither are the others.
    case quotas([QuotaFields])
    case ietf
    /// `1/40`: used and limit in one.
    case shopify
    /// What is used in the present minute in UTC.
    case binance

    static let shopifyName = "x-shopify-shop-api-call-limit"
    static let binanceName = "x-mbx-used-weight-1m"

    static func all(_ headers: ProviderHeaders) -> [Dialect] {
        switch headers {
        // The names of one provider first: what is named for all comes last.
        case .auto:
            [.bybit, .gate, .binance, .shopify, .anthropic, .openai, .ietf, .xRateLimit].flatMap(all)
        case .none: []
        case .ietf: [.ietf, .quotas([.ietfTriple])]
        case .xRateLimit: [.quotas([.common])]
        case .bybit: [.quotas([.bybit])]
        case .binance: [.binance]
        case .gate: [.quotas([.gate])]
        case .github: [.quotas([.github])]
        case .shopify: [.shopify]
        case .openai: [.quotas(QuotaFields.openAI)]
        case .anthropic: [.quotas(QuotaFields.anthropic)]
        }
    }

    var names: [String] {
        switch self {
        case .quotas(let fields): fields.flatMap(\.names)
        case .ietf: [IETFRateLimit.state, IETFRateLimit.policy]
        case .shopify: [Self.shopifyName]
        case .binance: [Self.binanceName]
        }
    }

    func read(_ time: HeaderTime, _ value: (String) -> String?) -> ProviderReading? {
        switch self {
        case .quotas(let fields):
            guard let first = fields.first?.read(time, value) else { return nil }
            return .tightest([first] + fields.dropFirst().compactMap { $0.read(time, value) })
        case .ietf:
            return IETFRateLimit.read(time, value)
        case .shopify:
            guard let text = value(Self.shopifyName) else { return nil }
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 2, let used = HeaderNumber.count(parts[0]), let limit = HeaderNumber.count(parts[1])
            else { return nil }
            return ProviderReading(limit: limit, used: used)
        case .binance:
            guard let used = value(Self.binanceName).flatMap(HeaderNumber.count) else { return nil }
            return ProviderReading(used: used, reset: time.endOfInterval(.seconds(60)))
        }
    }
}
