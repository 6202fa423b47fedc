/// How Weir reads what a provider says about its quota, and what it does about it.
public struct FeedbackSettings: Hashable, Sendable {
    /// Who stops for a `Retry-After`.
    public enum FreezeScope: String, CaseIterable, Sendable {
        /// All calls of the upstream.
        case upstream
        /// The calls of the endpoint that was told so.
        case endpoint
    }

    /// The dialect of the provider's rate limit headers; recognised by what is there.
    public var headers = ProviderHeaders.auto
    /// The limit of ours that the provider's headers speak for. nil: what they say is kept per endpoint and only shown.
    public var limit: String?
    /// With `limit`: never use more than the provider says remains, less what is in flight; true.
    public var clamp = true
    /// Below this many units a warning is logged, once per window; ignored where the provider's limit is not known to
    /// be above it. At least 0, which turns it off; 100.
    public var warnRemaining = 100
    /// Below this many units each admission is delayed by `slowDelay`; ignored likewise. At least 0 (off); 50.
    public var slowRemaining = 50
    /// The delay below `slowRemaining`; 100 ms.
    public var slowDelay = TimeSpan.milliseconds(100)
    /// Who stops for a `Retry-After`; the upstream.
    public var freezeScope = FreezeScope.upstream
    /// A 429 multiplies the limits of its call by this, at most once per window and never below 0.1. Above 0, at
    /// most 1, which turns it off; 0.5.
    public var shrinkOn429 = 0.5
    /// How long a shrunk limit takes to grow back to its full size; 60 s.
    public var recoverOver = TimeSpan.seconds(60)
    /// The statuses that tell of a ban: the whole upstream stops; 418.
    public var banStatuses = [418]
    /// How long it stops for a ban without a `Retry-After`; 10 min.
    public var banFreeze = TimeSpan.seconds(600)
    /// What a body of a 2xx answer may betray; the first rule in this order that matches counts.
    public var classify: [ClassifyRule] = []

    /// The contract's defaults.
    public init() {}
}

/// The dialects of rate limit headers: the values of `feedback.headers`.
public enum ProviderHeaders: String, CaseIterable, Sendable {
    /// Whichever of the others is recognised in an answer.
    case auto
    /// No header is read.
    case none
    /// `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers 07 and later), else the older triple
    /// `RateLimit-Limit`, `RateLimit-Remaining`, `RateLimit-Reset`.
    case ietf
    /// `X-RateLimit-Limit`, `-Remaining`, `-Reset`; the unit of the reset is told by its size.
    case xRateLimit = "x_ratelimit"
    /// `X-Bapi-Limit`, `X-Bapi-Limit-Status` and `X-Bapi-Limit-Reset-Timestamp`.
    case bybit
    /// `X-MBX-USED-WEIGHT-1M`: what is used in the minute; the limit is ours to know.
    case binance
    /// `X-Gate-RateLimit-Requests-Remain`, `X-Gate-RateLimit-Limit`, `X-Gate-RateLimit-Reset-Timestamp`.
    case gate
    /// `X-RateLimit-Limit`, `-Remaining`, `-Reset` in epoch seconds.
    case github
    /// `X-Shopify-Shop-Api-Call-Limit: 1/40`.
    case shopify
    /// `X-RateLimit-{Limit,Remaining,Reset}-{Requests,Tokens}`; the tighter of the two.
    case openai
    /// `Anthropic-RateLimit-{Requests,Tokens,...}-{Limit,Remaining,Reset}`; the tightest.
    case anthropic
}

/// What it means when a body holds some text.
public struct ClassifyRule: Hashable, Sendable {
    /// What such an answer is, whatever its status says.
    public enum Meaning: String, CaseIterable, Sendable {
        /// The same as a 429.
        case rateLimited = "rate_limited"
        /// A failure of the provider.
        case failure
        /// The same as a ban status.
        case ban
    }

    /// The text to find, compared byte by byte; not empty, and within the first 4 KiB of a body to be found.
    public var bodyContains: String
    /// What it means.
    public var meaning: Meaning

    /// An answer whose body holds `bodyContains` is `meaning`.
    public init(bodyContains: String, as meaning: Meaning) {
        self.bodyContains = bodyContains
        self.meaning = meaning
    }
}
