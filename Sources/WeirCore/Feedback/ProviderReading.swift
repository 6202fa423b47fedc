/// What one answer says about the provider's quota, whatever its dialect.
package struct ProviderReading: Hashable, Sendable {
    /// What the quota is; nil where it is not said.
    package var limit: Int?
    /// What remains of it; nil where only `used` is said.
    package var remaining: Int?
    /// What is used of it; nil where only `remaining` is said.
    package var used: Int?
    /// When it is full again, not before the moment of reading; nil where that is not said or not to be trusted.
    package var reset: Instant?
    /// Where the answer speaks of several quotas, the least of what remains of any; otherwise `remaining`. Each call
    /// takes at least one unit of each, so no more calls than this fit.
    package var leastRemaining: Int?

    /// A reading of one quota.
    package init(limit: Int? = nil, remaining: Int? = nil, used: Int? = nil, reset: Instant? = nil) {
        self.limit = limit
        self.used = used
        self.remaining = remaining
        self.reset = reset
        if remaining == nil, let limit, let used { self.remaining = max(0, limit - used) }
        leastRemaining = self.remaining
    }

    /// The tightest of several quotas: the one of which the smallest share remains, or, where a share is not known, the
    /// least. nil where there are none.
    static func tightest(_ readings: [ProviderReading]) -> ProviderReading? {
        guard var tightest = readings.first else { return nil }
        for reading in readings.dropFirst() {
            let least = [tightest.leastRemaining, reading.leastRemaining].compactMap(\.self).min()
            if reading.isTighter(than: tightest) { tightest = reading }
            tightest.leastRemaining = least
        }
        return tightest
    }

    private func isTighter(than other: ProviderReading) -> Bool {
        guard let mine = remaining, let others = other.remaining else { return false }
        guard let limit, let otherLimit = other.limit else { return mine < others }
        return Double(mine) / Double(max(1, limit)) < Double(others) / Double(max(1, otherLimit))
    }
}
