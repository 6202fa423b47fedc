/// What one limit promises and what happens to a call that it does not admit at once.
public struct LimitSettings: Hashable, Sendable {
    /// How a limit counts.
    public enum Algorithm: Hashable, Sendable {
        /// No half-open interval of length `per` ever holds more than `requests` units.
        /// `requests` at least 1, `per` above 0, `margin` (jitter between our sending and the upstream's
        /// receiving) at least 0.
        case slidingWindow(requests: Int, per: TimeSpan, margin: TimeSpan)
        /// Never more than `burst` + `rate` × t units in any interval of length t. `burst` at least 1.
        case tokenBucket(rate: Rate, burst: Int)
    }

    /// What a call meets when the limit does not admit it at once.
    public enum OnLimit: Hashable, Sendable {
        /// It waits in line until its deadline.
        case wait
        /// It is refused at once.
        case reject
    }

    /// The margin of a window where none is configured: 20 ms.
    public static let defaultMargin = TimeSpan.milliseconds(20)

    /// The name: the `limit` label and the `Weir-Limit` header.
    public var name: String
    /// How it counts.
    public var algorithm: Algorithm
    /// Wait (the default) or reject.
    public var onLimit: OnLimit

    /// A limit called `name`.
    public init(name: String, algorithm: Algorithm, onLimit: OnLimit = .wait) {
        self.name = name
        self.algorithm = algorithm
        self.onLimit = onLimit
    }
}
