/// Different figures of one limit for different classes of callers.
public struct Tiers: Hashable, Sendable {
    /// The figures of one class of callers.
    public struct Tier: Hashable, Sendable {
        /// The value of `Tiers.by` that selects it.
        public var name: String
        /// How it counts.
        public var algorithm: LimitSettings.Algorithm

        /// A tier called `name`.
        public init(name: String, algorithm: LimitSettings.Algorithm) {
            self.name = name
            self.algorithm = algorithm
        }
    }

    /// Where a call says of which tier it is.
    public var by: KeySource
    /// The name of the tier of a call that says nothing, or nothing known; one of `tiers`.
    public var defaultTier: String
    /// The tiers, each with a name of its own.
    public var tiers: [Tier]

    /// Tiers told apart `by` a part of the call.
    public init(by: KeySource, defaultTier: String, tiers: [Tier]) {
        self.by = by
        self.defaultTier = defaultTier
        self.tiers = tiers
    }
}
