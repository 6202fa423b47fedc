import WeirCore

/// The whole admission, judged from lists of everything that was taken and of everybody who waits: slow, and plainly right.
struct AdmissionReference {
    /// What was taken of one limit, or of one key of it.
    struct Book {
        struct Take {
            let id: Int
            let stamp: Int64
            let units: Int
        }

        var takes: [Take] = []
        /// Of a bucket: what was missing before the first of `takes`, and when, in nanoseconds of growth.
        var missing: Int64 = 0
        var lastUse = 0
    }

    struct Waiter {
        let id: Int
        let endpoint: Int
        let priority: Priority
        let cost: Int
        let needs: [Need]
        let joined: Int64
        let limitDeadline: Int64

        /// Whether both need the same limits and keys, and are of one class: then the later one does not wait for any limit
        /// before the earlier one is gone.
        func stands(behind other: Waiter) -> Bool {
            endpoint == other.endpoint && priority == other.priority && needs == other.needs
        }
    }

    struct Need: Equatable {
        let limit: Int
        /// The key's number; 0 where all calls are counted together.
        let key: Int
    }

    /// Keys have numbers below this.
    static let mostKeys = 8

    let limits: [LimitSettings]
    let needs: [[Int]]
    var books: [[Book?]]
    var factors: [Int]
    var allowances: [(units: Int, until: Int64)?]
    /// The upstream's first, then each endpoint's.
    var thaws: [Int64]
    var delays: [Int64]
    /// In the order in which they are served.
    private(set) var waiters: [Waiter] = []
    var evictions = 0
    private var uses = 0

    init(shared: [LimitSettings], endpoints: [[LimitSettings]]) {
        limits = shared + endpoints.flatMap(\.self)
        var next = shared.count
        needs = endpoints.map { own in
            defer { next += own.count }
            return Array(shared.indices) + Array(next..<next + own.count)
        }
        books = limits.map { _ in [Book?](repeating: nil, count: Self.mostKeys) }
        factors = limits.map { _ in 1000 }
        allowances = limits.map { _ in nil }
        thaws = [Int64](repeating: .min, count: endpoints.count + 1)
        delays = [Int64](repeating: 0, count: endpoints.count + 1)
    }

    /// What a call needs; `keys` has one for each keyed limit of the endpoint, nil where that does not apply.
    func needs(_ endpoint: Int, _ keys: [Int?]) -> [Need] {
        var position = 0
        var result: [Need] = []
        for limit in needs[endpoint] {
            guard !limits[limit].key.isEmpty else {
                result.append(Need(limit: limit, key: 0))
                continue
            }
            if let key = keys[position] { result.append(Need(limit: limit, key: key)) }
            position += 1
        }
        return result
    }

    // MARK: Limits

    private func capacity(_ limit: Int) -> Int {
        switch limits[limit].algorithm {
        case .slidingWindow(let requests, _, _), .calendarWindow(let requests, _, _): requests
        case .tokenBucket(_, let burst): burst
        case .spacing: 1
        case .concurrency(let most): most
        }
    }

    private func units(_ limit: Int, cost: Int) -> Int {
        switch limits[limit].algorithm {
        case .slidingWindow, .calendarWindow, .tokenBucket: cost
        case .spacing, .concurrency: 1
        }
    }

    /// Units of a book that count at `now`; of a bucket, growth that is missing.
    private func used(_ limit: Int, _ book: Book, now: Int64) -> Int64 {
        switch limits[limit].algorithm {
        case .slidingWindow(_, let per, _):
            return Int64(book.takes.reduce(0) { $0 + ($1.stamp + per.nanoseconds > now ? $1.units : 0) })
        case .spacing(let every, _):
            let distance = every.nanoseconds * 1000 / Int64(factors[limit])
            return book.takes.contains { $0.stamp + distance > now } ? 1 : 0
        case .tokenBucket(let rate, _):
            var (missing, last) = (book.missing, book.takes.first?.stamp ?? now)
            for take in book.takes {
                missing = max(0, missing - (take.stamp - last)) + Int64(take.units) * rate.period.nanoseconds
                last = take.stamp
            }
            return max(0, missing - (now - last))
        case .concurrency, .calendarWindow:
            return Int64(book.takes.reduce(0) { $0 + $1.units })
        }
    }

    /// Whether `cost` fits into one limit alone.
    func fits(_ need: Need, cost: Int, priority: Priority, now: Int64) -> Bool {
        let limit = need.limit
        let all = capacity(limit)
        let effective = max(1, all * factors[limit] / 1000)
        let share = Double(effective) * limits[limit].reserve
        let reserved = priority == .critical ? 0 : min(effective - 1, Int(share.rounded()))
        let room = effective - reserved
        var units = units(limit, cost: cost)
        if let bound = allowances[limit], bound.until > now, units > bound.units { return false }
        if effective < all, units <= all { units = min(units, room) }
        let used = used(limit, books[limit][need.key] ?? Book(), now: now)
        if case .tokenBucket(let rate, _) = limits[limit].algorithm {
            return used + Int64(units) * rate.period.nanoseconds <= Int64(room) * rate.period.nanoseconds
        }
        return used + Int64(units) <= Int64(room)
    }

    mutating func take(_ needs: [Need], cost: Int, id: Int, now: Int64) {
        for need in needs {
            let units = units(need.limit, cost: cost)
            if books[need.limit][need.key] == nil { makeRoom(need.limit, now: now) }
            var book = books[need.limit][need.key] ?? Book()
            book.takes.append(.init(id: id, stamp: now, units: units))
            books[need.limit][need.key] = book
            allowances[need.limit]?.units -= units
        }
        touch(needs)
    }

    /// A call has asked for its keys: they are not idle.
    mutating func touch(_ needs: [Need]) {
        uses += 1
        for need in needs { books[need.limit][need.key]?.lastUse = uses }
    }

    /// Keys that are full again go for nothing; else the longest idle goes early.
    private mutating func makeRoom(_ limit: Int, now: Int64) {
        guard !limits[limit].key.isEmpty else { return }
        for key in books[limit].indices {
            if let book = books[limit][key], used(limit, book, now: now) == 0 { books[limit][key] = nil }
        }
        let held = books[limit].indices.filter { books[limit][$0] != nil }
        guard held.count >= limits[limit].maxKeys else { return }
        guard let idle = held.min(by: { books[limit][$0]?.lastUse ?? 0 < books[limit][$1]?.lastUse ?? 0 }) else {
            return
        }
        books[limit][idle] = nil
        evictions += 1
    }

    /// Whether the limits can tell exactly what it would be like had this never been taken: a bucket only of its last take.
    func refundsExactly(_ needs: [Need], id: Int) -> Bool {
        needs.allSatisfy { need in
            guard case .tokenBucket = limits[need.limit].algorithm else { return true }
            return books[need.limit][need.key]?.takes.last?.id == id
        }
    }

    mutating func giveBack(_ needs: [Need], cost: Int, id: Int) {
        for need in needs {
            books[need.limit][need.key]?.takes.removeAll { $0.id == id }
            let units = units(need.limit, cost: cost)
            allowances[need.limit]?.units += units
        }
    }

    mutating func release(_ needs: [Need], id: Int) {
        for need in needs {
            guard case .concurrency = limits[need.limit].algorithm else { continue }
            books[need.limit][need.key]?.takes.removeAll { $0.id == id }
        }
    }

    /// Forgets what can no longer count, so that the lists stay short. The factor makes distances at most ten times longer.
    mutating func forget(now: Int64) {
        for limit in limits.indices {
            for key in books[limit].indices {
                guard var book = books[limit][key] else { continue }
                switch limits[limit].algorithm {
                case .slidingWindow(_, let per, _): book.takes.removeAll { $0.stamp + per.nanoseconds <= now }
                case .spacing(let every, _): book.takes.removeAll { $0.stamp + every.nanoseconds * 10 <= now }
                case .tokenBucket: if used(limit, book, now: now) == 0 { book.takes = [] }
                case .concurrency, .calendarWindow: break
                }
                books[limit][key] = book
            }
        }
    }

    /// Units in use of an unkeyed limit.
    func used(_ limit: Int, now: Int64) -> Int {
        let used = used(limit, books[limit][0] ?? Book(), now: now)
        guard case .tokenBucket(let rate, _) = limits[limit].algorithm else { return Int(used) }
        return Int((used + rate.period.nanoseconds - 1) / rate.period.nanoseconds)
    }

    // MARK: The line

    func thaw(_ endpoint: Int) -> Int64 { max(thaws[0], thaws[endpoint + 1]) }

    func isHeld(_ endpoint: Int, joined: Int64, now: Int64) -> Bool {
        thaw(endpoint) > now || joined + max(delays[0], delays[endpoint + 1]) > now
    }

    /// Puts a call behind those of its class.
    mutating func join(_ waiter: Waiter) {
        waiters.insert(waiter, at: waiters.firstIndex { $0.priority < waiter.priority } ?? waiters.count)
    }

    mutating func leave(_ id: Int) -> Waiter? {
        waiters.firstIndex { $0.id == id }.map { waiters.remove(at: $0) }
    }

    /// Whose turn it is, of those of a class or higher: the first who fits everywhere, is not held, and needs nothing that
    /// somebody before him waits for.
    func next(downTo lowest: Priority, now: Int64) -> Int? {
        var awaited: [Need] = []
        for (place, waiter) in waiters.enumerated() {
            if waiter.priority < lowest { return nil }
            if waiters[..<place].contains(where: { waiter.stands(behind: $0) }) { continue }
            let isBehind = waiter.needs.contains { awaited.contains($0) }
            let lacking = lacking(waiter, now: now)
            if !isBehind, lacking.isEmpty, !isHeld(waiter.endpoint, joined: waiter.joined, now: now) {
                return waiter.id
            }
            awaited += lacking
        }
        return nil
    }

    /// Whether a newcomer goes at once: nobody before him can go, or waits for what he needs, and he fits.
    func admits(_ newcomer: Waiter, now: Int64) -> Bool {
        guard !isHeld(newcomer.endpoint, joined: now, now: now), lacking(newcomer, now: now).isEmpty else {
            return false
        }
        if next(downTo: newcomer.priority, now: now) != nil { return false }
        for (place, waiter) in waiters.enumerated() where waiter.priority >= newcomer.priority {
            if waiters[..<place].contains(where: { waiter.stands(behind: $0) }) { continue }
            if lacking(waiter, now: now).contains(where: { newcomer.needs.contains($0) }) { return false }
        }
        return true
    }

    private func lacking(_ waiter: Waiter, now: Int64) -> [Need] {
        waiter.needs.filter { !fits($0, cost: waiter.cost, priority: waiter.priority, now: now) }
    }
}
