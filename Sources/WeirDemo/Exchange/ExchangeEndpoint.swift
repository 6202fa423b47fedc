/// The operations that the exchange knows, with the paths of Bybit's V5 interface.
package enum ExchangeEndpoint: String, Sendable, CaseIterable {
    case tickers = "GET /v5/market/tickers"
    case orderbook = "GET /v5/market/orderbook"
    case createOrder = "POST /v5/order/create"
    case cancelOrder = "POST /v5/order/cancel"
    case walletBalance = "GET /v5/account/wallet-balance"

    /// The endpoint of a request, its query apart; `nil` when there is none.
    init?(method: String, target: String) {
        let path = target.prefix { $0 != "?" }
        self.init(rawValue: "\(method) \(path)")
    }

    /// The HTTP method.
    package var method: String { String(rawValue.prefix { $0 != " " }) }

    /// The path, without a query.
    package var path: String { String(rawValue.drop { $0 != " " }.dropFirst()) }

    /// The `result` of a good answer to the request of this number.
    func result(serial: Int) -> String {
        // The price moves a little with each answer, so that two of them differ.
        let price = "\(67_000 + serial % 100).50"
        return switch self {
        case .tickers:
            #"{"category":"spot","list":[{"symbol":"BTCUSDT","lastPrice":"\#(price)","volume24h":"8412.5"}]}"#
        case .orderbook:
            #"{"s":"BTCUSDT","b":[["\#(price)","0.512"]],"a":[["67100.10","0.344"]],"u":\#(serial)}"#
        case .createOrder, .cancelOrder:
            #"{"orderId":"order-\#(serial)","orderLinkId":""}"#
        case .walletBalance:
            #"{"list":[{"accountType":"UNIFIED","totalEquity":"10250.75","coin":[{"coin":"USDT"}]}]}"#
        }
    }
}
