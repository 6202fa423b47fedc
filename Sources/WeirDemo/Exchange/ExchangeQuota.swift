package import NIOCore

/// How many requests the exchange takes in a sliding window of time.
package struct ExchangeQuota: Sendable, Equatable {
    /// The most requests that any half-open interval of length `per` may hold. Below 1 nothing is ever taken.
    package let requests: Int
    /// The length of the window.
    package let per: TimeAmount

    /// The quota of Bybit per address, 600 per 5 s, unless told otherwise.
    package init(requests: Int = 600, per: TimeAmount = .seconds(5)) {
        self.requests = requests
        self.per = per
    }
}
