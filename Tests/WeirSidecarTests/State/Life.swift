import Foundation
import WeirCore
import WeirProxy
import WeirRuntime

@testable import WeirSidecar

/// The limits of one upstream in one process, in virtual time: from a start until it is let go, which is a kill, since
/// nothing is done at an end.
final class Life {
    let file: StateFile
    private(set) var books: UpstreamBooks
    private(set) var control: AdmissionControl
    private(set) var journal: any AdmissionJournal
    let past: UpstreamRecollection

    init(
        _ path: String, shared: [LimitSettings] = [],
        endpoints: [(name: String, limits: [LimitSettings])] = [("e", [])],
        now: Instant, wallOffset: TimeSpan = TestClock.wallOffset, boot: KeyDigest? = TestClock.boot,
        afterStore: (@Sendable () -> Void)? = nil
    ) throws {
        file = try StateFile.open(
            path, clock: .init(now: now, wallOffset: wallOffset, boot: boot), seed: KeySeed(1, 2),
            afterStore: afterStore)
        books = try UpstreamBooks(file, upstream: "api", shared: shared, endpoints: endpoints)
        past = books.recall(now: now)
        var control = AdmissionControl(
            shared: shared, endpoints: endpoints.map(\.limits), maxLength: 10, shares: endpoints.map { _ in 10 },
            keySeed: file.keySeed)
        control.setWallOffset(wallOffset)
        control.restore(past.limits, now: now)
        journal = books.journal { control.slot(of: $0, limit: $1) }
        self.control = control
    }

    /// Admits a call if it fits now.
    func admit(_ cost: Int = 1, key: String? = nil, tier: String? = nil, endpoint: Int = 0, now: Instant) -> Admission?
    {
        let keys = try? control.keying(of: endpoint)?.keys { source in
            if case .header("tier") = source { tier } else { key }
        }
        let demand = Demand(endpoint: endpoint, cost: cost, keys: keys ?? .none, deadline: now)
        guard case .admitted(let granted) = control.enter(demand, ready: true, now: now) else { return nil }
        control.forEachCharge(of: granted.admission, now: now) { journal.took($0, now: now) }
        return granted.admission
    }

    func giveBack(_ admission: Admission, now: Instant) {
        var charges: [Charge] = []
        control.forEachCharge(of: admission, now: now) { charges.append($0) }
        control.giveBack(admission, now: now)
        for charge in charges {
            journal.gaveBack(control.remarked(charge, now: now), takenAt: admission.takenAt)
        }
    }

    /// Where a key of a limit is counted.
    func slots(_ limit: Int, key: String) -> [Int] { control.slots(limit, key: [key], tier: nil) }

    /// Forgets the use of a limit's key, or of all, in memory alone.
    func forget(_ limit: Int, key: String?) -> Bool { control.reset(limit, key: key.map { [$0] }, tier: nil) }

    /// How many calls of cost 1 go through now. They are spent.
    func drain(key: String? = nil, tier: String? = nil, endpoint: Int = 0, now: Instant, most: Int = 10_000) -> Int {
        (0..<most).first { _ in admit(key: key, tier: tier, endpoint: endpoint, now: now) == nil } ?? most
    }

    /// Goes on under other limits.
    func reload(
        shared: [LimitSettings], endpoints: [(name: String, limits: [LimitSettings])] = [("e", [])], now: Instant
    ) throws {
        let next = try UpstreamBooks(file, upstream: "api", shared: shared, endpoints: endpoints, isReload: true)
        journal = next.journal(following: journal, now: now)
        books = next
        control.reconfigure(
            shared: shared, endpoints: endpoints.map(\.limits), maxLength: 10, shares: endpoints.map { _ in 10 },
            from: endpoints.indices.map { $0 }, now: now)
    }
}

enum TestClock {
    static let boot = KeyDigest(first: 3, second: 4)
    static let otherBoot = KeyDigest(first: 5, second: 6)
    static let wallOffset = TimeSpan.seconds(1_763_683_200)

    /// The moment so many milliseconds after an hour of uptime.
    static func at(_ milliseconds: Int64) -> Instant {
        Instant(nanoseconds: 3_600_000_000_000 + milliseconds * 1_000_000)
    }
}

/// A folder that goes with the test.
final class TestFolder: Sendable {
    let path: String

    init() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "weir-state-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        path = folder.path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    var state: String { path + "/state" }

    var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? [] }

    func read(_ name: String = "state") -> Data { FileManager.default.contents(atPath: path + "/" + name) ?? Data() }

    func write(_ data: Data, _ name: String = "state") throws {
        try data.write(to: URL(filePath: path + "/" + name))
    }
}
