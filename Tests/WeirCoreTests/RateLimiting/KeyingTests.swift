import Testing
import WeirCore

@Suite("Keys of calls")
struct KeyingTests {
    static func keying(
        _ key: [KeySource], missing: LimitSettings.KeyMissing = .shared, tiers: Tiers? = nil
    ) throws -> Keying {
        let limit = LimitSettings(
            name: "client", algorithm: .concurrency(max: 1), key: key, keyMissing: missing, tiers: tiers)
        let control = AdmissionControl(
            shared: [limit], endpoints: [[]], maxLength: 1, shares: [1], keySeed: KeySeed(1, 2))
        return try #require(control.keying(of: 0))
    }

    @Test("There is no keying where no limit is keyed")
    func none() {
        let limit = LimitSettings(name: "ip", algorithm: .concurrency(max: 1))
        let control = AdmissionControl(shared: [limit], endpoints: [[]], maxLength: 1, shares: [1])
        #expect(control.keying(of: 0) == nil)
    }

    @Test("A key combines its parts in order; each kind of source is asked for")
    func combination() throws {
        let sources: [KeySource] = [.header("a"), .query("a"), .cookie("a"), .clientIP, .path("a")]
        let keying = try Self.keying(sources)
        var asked: [KeySource] = []
        let keys = try keying.keys { source in
            asked.append(source)
            return "v\(asked.count)"
        }
        #expect(asked == sources)
        #expect(try keying.keys { "v\((sources.firstIndex(of: $0) ?? 0) + 1)" } == keys)
        #expect(try keying.keys { "v\(5 - (sources.firstIndex(of: $0) ?? 0))" } != keys)
    }

    @Test("A missing part: shared calls agree and are nobody's, skipped ones have no key, rejected ones throw")
    func missing() throws {
        let shared = try Self.keying([.header("a"), .header("b")])
        let one = try shared.keys { $0 == .header("a") ? "x" : nil }
        #expect(try shared.keys { _ in nil } == one)
        #expect(try shared.keys { _ in "" } != one)
        let skipping = try Self.keying([.header("a")], missing: .skip)
        #expect(try skipping.keys { _ in nil } != skipping.keys { _ in "" })
        let rejecting = try Self.keying([.header("a")], missing: .reject)
        #expect(throws: MissingKey(limit: "client", source: .header("a"))) { try rejecting.keys { _ in nil } }
        #expect(throws: MissingKey(limit: "client", source: nil)) {
            try rejecting.keys(byLimit: { _ in nil }, tier: nil)
        }
    }

    @Test("A key given by the limit's name is that of the same single part")
    func byName() throws {
        let keying = try Self.keying([.header("a")])
        #expect(try keying.keys(byLimit: { $0 == "client" ? "x" : nil }, tier: nil) == keying.keys { _ in "x" })
    }

    @Test("A key fed as bytes is that of the text, and one that is not fed is missing")
    func fed() throws {
        let tiers = Tiers(
            by: .header("t"), defaultTier: "free",
            tiers: [
                .init(name: "free", algorithm: .concurrency(max: 1)),
                .init(name: "paid", algorithm: .concurrency(max: 2)),
            ])
        let keying = try Self.keying([.header("a"), .query("b")], tiers: tiers)
        func both(_ parts: [KeySource: String]) throws -> (text: CallKeys, bytes: CallKeys) {
            let bytes = parts.mapValues { Array($0.utf8) }
            let fed = try keying.keys { source, hash in
                guard let part = bytes[source] else { return false }
                return hash.combine(part.span)
            }
            return (try keying.keys { parts[$0] }, fed)
        }
        let whole: [KeySource: String] = [.header("a"): "x", .query("b"): "a longer part", .header("t"): "paid"]
        var seen: Set<CallKeys> = []
        for missing in [nil, KeySource.header("a"), .query("b"), .header("t")] {
            let keys = try both(whole.filter { $0.key != missing })
            #expect(keys.text == keys.bytes)
            seen.insert(keys.bytes)
        }
        #expect(seen.count == 3, "those that lack any part are one key")
    }

    @Test("A tier that is unknown or not told is the default one")
    func tiers() throws {
        let tiers = Tiers(
            by: .header("t"), defaultTier: "free",
            tiers: [
                .init(name: "paid", algorithm: .concurrency(max: 2)),
                .init(name: "free", algorithm: .concurrency(max: 1)),
            ])
        let keying = try Self.keying([.header("a")], tiers: tiers)
        func keys(_ tier: String?) throws -> CallKeys { try keying.keys { $0 == .header("t") ? tier : "x" } }
        #expect(try keys(nil) == keys("free"))
        #expect(try keys("gold") == keys("free"))
        #expect(try keys("paid") != keys("free"))
    }
}
