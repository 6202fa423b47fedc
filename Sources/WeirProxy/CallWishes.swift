internal import NIOCore
internal import WeirCore
internal import WeirHTTP

/// What a call asks for itself: its endpoint, class, wait, cost and keys, from the configuration and its own head.
struct CallWishes {
    let endpoint: Endpoint
    let priority: Priority
    let maxWait: TimeSpan
    let cost: Int
    private(set) var keys: CallKeys
    /// The last moment at which sending it makes sense; nil: it does not expire.
    let expiry: Instant?

    /// Reads the wishes of a call to `upstream` that came over a connection from `peer`.
    ///
    /// - Throws: `Malformed`, whose words are fit for the caller.
    init(
        _ head: borrowing RequestHead, to upstream: Upstream, peer: @autoclosure () -> SocketAddress?
    ) throws(Malformed) {
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
        do {
            let cost = try Self.cost(head, endpoint: endpoint, honours: honours)
            let keys = try Self.keys(head, endpoint: endpoint, upstream: upstream, peer: peer)
            let expiry = upstream.isEnforcing ? try Self.expiry(head, upstream) : nil
            (self.cost, self.keys, self.expiry) = (cost, keys, expiry)
        } catch {
            // Where policies do not act, what they would need is no reason to refuse a call either.
            guard !upstream.isEnforcing else { throw error }
            (cost, keys, expiry) = (1, .none, nil)
        }
    }

    /// Reads the keys anew, for the limits of another configuration. A call under way is not refused for want of one: it
    /// counts as one without keys then.
    mutating func renewKeys(_ head: RequestHead, upstream: Upstream, peer: @autoclosure () -> SocketAddress?) {
        keys = (try? Self.keys(head, endpoint: endpoint.current, upstream: upstream, peer: peer)) ?? .none
    }

    private static func cost(_ head: RequestHead, endpoint: Endpoint, honours: Bool) throws(Malformed) -> Int {
        let text: String?
        if honours, let wished = head.first(.weirCost) {
            text = wished
        } else {
            switch endpoint.settings.cost {
            case .fixed(let cost): return cost
            case .header(let name): text = head.first(named: name)
            case .query(let name): text = head.withQueryItem(name.utf8) { String(decoding: $0) }
            }
        }
        guard let text else { return 1 }
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let cost = Int(text) else {
            throw Malformed.cost
        }
        return try endpoint.checked(cost: cost)
    }

    private static func keys(
        _ head: RequestHead, endpoint: Endpoint, upstream: Upstream, peer: () -> SocketAddress?
    ) throws(Malformed) -> CallKeys {
        guard let keying = endpoint.keying else { return .none }
        do {
            return try keying.keys { source, hash in
                feed(source, of: head, endpoint: endpoint, upstream: upstream, peer: peer, into: &hash)
            }
        } catch {
            throw Malformed("The call has no key for the limit \(error.limit).", limit: error.limit)
        }
    }

    /// Feeds a part of a key, if the call has it.
    private static func feed(
        _ source: KeySource, of head: RequestHead, endpoint: Endpoint, upstream: Upstream, peer: () -> SocketAddress?,
        into hash: inout SipHash
    ) -> Bool {
        switch source {
        case .header(let name):
            let field = FieldName(name)
            if !upstream.settings.honoursCallerHeaders, name.lowercased().hasPrefix("weir-") { return false }
            return head.withFirst(field) { hash.combine($0) } ?? false
        case .query(let name): return head.withQueryItem(name.utf8) { hash.combine($0) } ?? false
        case .cookie(let name): return head.withCookie(name.utf8) { hash.combine($0) } ?? false
        case .clientIP:
            let address = ClientAddress.of(head, peer: peer(), trusted: upstream.settings.trustedProxies)
            return address.map { hash.combine($0) } ?? false
        case .path(let name):
            guard let pattern = endpoint.settings.match.path else { return false }
            return head.withPath { path in
                guard let segment = pattern.segment(named: name, in: path) else { return false }
                return hash.combine(path.extracting(segment))
            }
        }
    }

    private static func expiry(_ head: RequestHead, _ upstream: Upstream) throws(Malformed) -> Instant? {
        guard let expires = upstream.settings.expires, let signedAt = head.first(named: expires.header) else {
            return nil
        }
        do {
            return try expires.deadline(signedAt, wallOffset: upstream.wallOffset)
        } catch {
            throw Malformed("\(error).")
        }
    }
}

extension Endpoint {
    /// A cost that a caller names.
    ///
    /// - Throws: where it is below 1, or above what the limits can ever admit.
    func checked(cost: Int) throws(Malformed) -> Int {
        guard cost >= 1 else { throw Malformed.cost }
        if let largest = largestCost, cost > largest {
            throw Malformed("The cost of the call is above what its limits can ever admit.")
        }
        // Without limits a cost has no effect; it is bounded so that sums of costs cannot overflow.
        return min(cost, Int(Int32.max))
    }
}

/// What a caller sent that cannot be served; the words are fit for the answer's detail.
struct Malformed: Error {
    let detail: String
    /// The limit that it concerns.
    let limit: String?

    static let cost = Malformed("The cost of the call is not a whole number of at least 1.")

    init(_ detail: String, limit: String? = nil) {
        self.detail = detail
        self.limit = limit
    }
}
