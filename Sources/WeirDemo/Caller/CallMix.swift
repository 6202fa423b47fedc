internal import WeirCore

/// Which operation a caller calls next: a seeded choice with weights, mostly market data.
package struct CallMix: Sendable {
    private var generator: SeededGenerator

    /// Shares of 100.
    private static let weights: [(endpoint: ExchangeEndpoint, share: Int)] = [
        (.tickers, 35), (.orderbook, 30), (.createOrder, 20), (.cancelOrder, 10), (.walletBalance, 5),
    ]

    /// The same seed gives the same calls.
    package init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    /// The next operation.
    package mutating func next() -> ExchangeEndpoint {
        var draw = Int.random(in: 0..<100, using: &generator)
        for (endpoint, share) in Self.weights {
            if draw < share { return endpoint }
            draw -= share
        }
        return .tickers
    }
}
