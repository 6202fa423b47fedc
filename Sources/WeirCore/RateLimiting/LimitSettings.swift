/// What one limit promises and what happens to a call that it does not admit at once.
public struct LimitSettings: Hashable, Sendable {
    /// How a limit counts. The figures are kept as given; `LimitRules` raises what lies below its range.
    public enum Algorithm: Hashable, Sendable {
        /// No half-open interval of length `per` ever holds more than `requests` units.
        /// `requests` at least 1, `per` above 0, `margin` (jitter between our sending and the upstream's
        /// receiving) at least 0.
        case slidingWindow(requests: Int, per: TimeSpan, margin: TimeSpan = defaultMargin)
        /// Never more than `burst` + `rate` × t units in any interval of length t. `burst` at least 1.
        case tokenBucket(rate: Rate, burst: Int)
        /// Never more than `requests` units in any interval aligned to a multiple of `per` in UTC; what is sent within
        /// `margin` of a boundary counts on both sides. Ranges as in `slidingWindow`; `margin` below half of `per`.
        case calendarWindow(requests: Int, per: TimeSpan, margin: TimeSpan = defaultMargin)
        /// Never two attempts closer than `every` (above 0) and `margin` (at least 0).
        case spacing(every: TimeSpan, margin: TimeSpan = defaultMargin)
        /// Never more than `max` (at least 1) attempts in flight.
        case concurrency(max: Int)
    }

    /// What a call meets when the limit does not admit it at once.
    public enum OnLimit: Hashable, Sendable {
        /// It waits in line until its deadline.
        case wait
        /// It is refused at once.
        case reject
    }

    /// What becomes of a call that lacks a part of a keyed limit's key.
    public enum KeyMissing: Hashable, Sendable {
        /// It uses the one key that all such calls share.
        case shared
        /// The limit does not apply to it.
        case skip
        /// It is refused as a bad request.
        case reject
    }

    /// The margin where none is configured: 20 ms.
    public static let defaultMargin = TimeSpan.milliseconds(20)
    /// The most keys that a keyed limit holds where nothing else is configured: 10,000.
    public static let defaultMaxKeys = 10_000

    /// The name: the `limit` label and the `Weir-Limit` header.
    public var name: String
    /// How it counts, for a call of no tier.
    public var algorithm: Algorithm
    /// Wait (the default) or reject.
    public var onLimit: OnLimit
    /// The share of the units that only calls of the class `critical` may use: 0 (the default) to below 1.
    public var reserve: Double
    /// Whose calls are counted together: those that agree in all of these. Empty (the default): all calls.
    public var key: [KeySource]
    /// What becomes of a call without its key; `shared` by default.
    public var keyMissing: KeyMissing
    /// The most keys held at a time, at least 1. Those that are full again go first, then the longest idle of 64.
    public var maxKeys: Int
    /// Figures by the class of the caller; nil (the default): the same for all.
    public var tiers: Tiers?
    /// How the figures shrink while this host is busy; nil (the default): never.
    public var hostLoad: HostLoadSettings?
    /// Whether the quota is shared by a fleet; false by default.
    public var isShared: Bool

    /// A limit called `name`.
    public init(
        name: String, algorithm: Algorithm, onLimit: OnLimit = .wait, reserve: Double = 0, key: [KeySource] = [],
        keyMissing: KeyMissing = .shared, maxKeys: Int = LimitSettings.defaultMaxKeys, tiers: Tiers? = nil,
        hostLoad: HostLoadSettings? = nil, isShared: Bool = false
    ) {
        self.name = name
        self.algorithm = algorithm
        self.onLimit = onLimit
        self.reserve = reserve
        self.key = key
        self.keyMissing = keyMissing
        self.maxKeys = maxKeys
        self.tiers = tiers
        self.hostLoad = hostLoad
        self.isShared = isShared
    }
}
