internal import WeirCore
internal import WeirHTTP

/// What a call asks for itself: its endpoint, class, wait and cost, from the configuration and the `Weir-*` headers.
struct CallWishes {
    let endpoint: Endpoint
    let priority: Priority
    let maxWait: TimeSpan
    let cost: Int

    /// Reads the wishes of a call to `upstream`.
    ///
    /// - Throws: `Malformed`, whose words are fit for the caller.
    init(_ head: RequestHead, to upstream: Upstream) throws(Malformed) {
        let honours = upstream.settings.honoursCallerHeaders
        if honours, let name = head.first(.weirEndpoint) {
            guard let named = upstream.endpoint(named: name) else {
                throw Malformed("Weir-Endpoint names no endpoint of this upstream.")
            }
            endpoint = named
        } else {
            endpoint = upstream.endpoint(for: head)
        }
        var priority = endpoint.settings.priority
        var maxWait = endpoint.settings.line.maxWait
        if honours, let name = head.first(.weirPriority) {
            guard let wished = Priority(name: name) else {
                throw Malformed("Weir-Priority is not critical, high, normal or low.")
            }
            priority = wished
        }
        if honours, let text = head.first(.weirMaxWait) {
            guard let wished = try? TimeSpan(text) else {
                throw Malformed("Weir-Max-Wait is not a duration such as 500ms.")
            }
            maxWait = wished
        }
        self.priority = priority
        self.maxWait = maxWait
        cost = try Self.cost(head, endpoint: endpoint, honours: honours)
    }

    private static func cost(_ head: RequestHead, endpoint: Endpoint, honours: Bool) throws(Malformed) -> Int {
        let text: String?
        if honours, let wished = head.first(.weirCost) {
            text = wished
        } else {
            switch endpoint.settings.cost {
            case .fixed(let cost): return cost
            case .header(let name): text = head.first(named: name)
            case .query(let name): text = head.query.flatMap { value(of: name, in: $0) }
            }
        }
        guard let text else { return 1 }
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let cost = Int(text), cost >= 1
        else {
            throw Malformed("The cost of the call is not a whole number of at least 1.")
        }
        if let largest = endpoint.largestCost, cost > largest {
            throw Malformed("The cost of the call is above what its limits can ever admit.")
        }
        // Without limits a cost has no effect; it is bounded so that sums of costs cannot overflow.
        return min(cost, Int(Int32.max))
    }

    private static func value(of name: String, in query: String) -> String? {
        for item in query.split(separator: "&") {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts[0] == name { return parts.count > 1 ? String(parts[1]) : "" }
        }
        return nil
    }
}

/// What a caller sent that cannot be served; the words are fit for the answer's detail.
struct Malformed: Error {
    let detail: String

    init(_ detail: String) {
        self.detail = detail
    }
}
