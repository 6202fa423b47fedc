import Foundation
import Synchronization
import Testing
import WeirCore
import WeirProxy

@testable import WeirSidecar

/// A kill after each single store into the file.
@Suite("A kill after any store")
struct TornStoreTests {
    /// What the file was after each store, in the order of the stores.
    private final class Stores: Sendable {
        private let kept = Mutex<[Data]>([])
        let path: String

        init(_ path: String) { self.path = path }

        func note() {
            let data = FileManager.default.contents(atPath: path) ?? Data()
            kept.withLock { $0.append(data) }
        }

        /// Those since this was last asked.
        func take() -> [Data] {
            kept.withLock { kept in
                defer { kept = [] }
                return kept
            }
        }
    }

    /// What has been sent: in all, and of each key that is held.
    private struct Sent {
        var window = 0
        var keys: [String: Int] = [:]
    }

    @Test("leaves a file that knows all that was sent, whatever was under way")
    func everyStore() throws {
        let folder = try TestFolder()
        let stores = Stores(folder.state)
        let window = LimitSettings(
            name: "ip", algorithm: .slidingWindow(requests: 1000, per: .seconds(50), margin: .zero))
        let keyed = LimitSettings(
            name: "user", algorithm: .slidingWindow(requests: 100, per: .seconds(50), margin: .zero),
            key: [.header("k")], maxKeys: 3)
        let limits = [window, keyed]
        let life = try Life(folder.state, shared: limits, now: TestClock.at(0)) { stores.note() }
        _ = stores.take()
        var sent = Sent()
        // The keys in the order of their use, the longest idle first.
        var order: [String] = []
        var random = SeededGenerator(seed: 3)
        var snapshots = 0
        for step in 0..<60 {
            let now = TestClock.at(Int64(step) * 400)
            let key = ["a", "b", "c", "d", "e"].randomElement(using: &random) ?? "a"
            let cost = Int.random(in: 1...5, using: &random)
            // The longest idle key goes, if there are three others; what it has used may be forgotten from now on.
            if sent.keys[key] == nil, sent.keys.count == 3, let idle = order.first { sent.keys[idle] = nil }
            let admission = try #require(life.admit(cost, key: key, now: now))
            for data in stores.take() {
                snapshots += 1
                try check(data, sent, limits, now: now)
            }
            if step % 7 == 6 {
                life.giveBack(admission, now: now)
            } else {
                sent.window += cost
                sent.keys[key, default: 0] += cost
            }
            order.removeAll { $0 == key || sent.keys[$0] == nil }
            order.append(key)
            if sent.keys[key] == nil { sent.keys[key] = 0 }
            for data in stores.take() { try check(data, sent, limits, now: now) }
        }
        #expect(snapshots > 150)
    }

    @Test("in a reload leaves the old regions or the new ones, or both")
    func reload() throws {
        let folder = try TestFolder()
        let stores = Stores(folder.state)
        let first = [StateFileTests.window, StateFileTests.keyed]
        let life = try Life(folder.state, shared: first, now: TestClock.at(0)) { stores.note() }
        for key in ["a", "a", "b"] { #expect(life.admit(key: key, now: TestClock.at(0)) != nil) }
        let sent = Sent(window: 3, keys: ["a": 2, "b": 1])
        // Longer windows and more keys: both get regions of their own.
        var second = first
        second[0].algorithm = .slidingWindow(requests: 20, per: .seconds(60), margin: .zero)
        second[1].maxKeys = 6
        _ = stores.take()
        try life.reload(shared: second, now: TestClock.at(100))
        let taken = stores.take()
        #expect(taken.count > 20)
        for data in taken {
            try check(data, sent, first, now: TestClock.at(100))
            try check(data, sent, second, now: TestClock.at(100))
        }
        // What comes then goes to the new ones, at the old places.
        #expect(life.admit(key: "c", now: TestClock.at(200)) != nil)
        #expect(life.admit(key: "b", now: TestClock.at(200)) != nil)
        let later = Sent(window: 5, keys: ["a": 2, "b": 2, "c": 1])
        try check(folder.read(), later, second, now: TestClock.at(200), exactly: true)
    }

    @Test("at a start under another configuration, likewise")
    func start() throws {
        let folder = try TestFolder()
        let first = [StateFileTests.window, StateFileTests.keyed]
        var life: Life? = try Life(folder.state, shared: first, now: TestClock.at(0))
        for key in ["a", "a", "b"] { #expect(life?.admit(key: key, now: TestClock.at(0)) != nil) }
        life = nil
        let stores = Stores(folder.state)
        var second = first
        second[0].algorithm = .slidingWindow(requests: 20, per: .seconds(60), margin: .zero)
        second[1].maxKeys = 6
        let sent = Sent(window: 3, keys: ["a": 2, "b": 1])
        life = try Life(folder.state, shared: second, now: TestClock.at(100)) { stores.note() }
        life?.file.dropAll(but: [try #require(life?.books)])
        for data in stores.take() { try check(data, sent, second, now: TestClock.at(100)) }
        life = nil
        // What is void goes with the next start.
        let size = folder.read().count
        life = try Life(folder.state, shared: second, now: TestClock.at(100)) { stores.note() }
        for data in stores.take() { try check(data, sent, second, now: TestClock.at(100)) }
        #expect(folder.read().count < size)
        try check(folder.read(), sent, second, now: TestClock.at(100), exactly: true)
    }

    /// That a start with such a file knows of at least as much as was sent.
    private func check(
        _ data: Data, _ sent: Sent, _ limits: [LimitSettings], now: Instant, exactly: Bool = false
    ) throws {
        let copy = try TestFolder()
        try copy.write(data)
        let life = try Life(copy.state, shared: limits, now: now)
        #expect(life.file.finding == .continued)
        let window = life.past.limits[0].units(nil)
        #expect(exactly ? window == sent.window : window >= sent.window, "\(window) of \(sent.window)")
        for (key, units) in sent.keys {
            let digest = limits[1].key([key], tier: 0, seed: life.file.keySeed).digest
            let kept = life.past.limits[1].units(digest)
            #expect(exactly ? kept == units : kept >= units, "\(key): \(kept) of \(units)")
        }
    }
}

extension KeptLimit {
    /// The units of a key; nil: of the limit itself.
    fileprivate func units(_ digest: KeyDigest?) -> Int {
        keys.first { $0.key?.digest == digest }?.trace.units ?? 0
    }
}
