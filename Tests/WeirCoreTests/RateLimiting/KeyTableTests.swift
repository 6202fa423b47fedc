import Testing

@testable import WeirCore

@Suite("Table of keys")
struct KeyTableTests {
    @Test(
        "Every key is found with what is its own, after any insertions and removals", arguments: 0..<8 as Range<UInt64>)
    func walk(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        // The last home of all and few others, so that runs are long and wrap.
        let digests = (0..<160).map { number in
            KeyDigest(first: .max - random.next() % 3 << 61 - UInt64(number), second: random.next() % 4)
        }
        var table = KeyTable(mostKeys: seed % 2 == 0 ? 160 : 1 << 20)
        var reference: [KeyDigest: UInt32] = [:]
        for step in 0..<4000 {
            let growing = step / 500 % 2 == 0
            let digest = digests[Int(random.next() % UInt64(digests.count))]
            let found = table.find(digest)
            #expect((found == nil) == (reference[digest] == nil), "step \(step)")
            if let found, random.next() % (growing ? 4 : 1) == 0 {
                table.remove(at: found)
                reference[digest] = nil
            } else if found == nil, growing || random.next() % 8 == 0 {
                let number = UInt32(step)
                let entry = KeyTable.Entry(digest: digest, state: LimitState(), lastUse: number)
                let place = table.insert(entry, KeyTable.Record(birth: number, tier: 7, slot: 0))
                #expect(table.entries[place].digest == digest)
                reference[digest] = number
            }
            #expect(table.count == reference.count, "step \(step)")
            guard step % 64 == 0 else { continue }
            for (digest, number) in reference {
                let place = table.find(digest)
                #expect(place.map { table.entries[$0].lastUse } == number, "step \(step)")
                #expect(place.map { table.records[$0].birth } == number, "step \(step)")
                #expect(table.find(firstHalf: digest.first) == place, "step \(step)")
            }
            #expect(table.entries.indices.filter { table.isTaken($0) }.count == table.count)
        }
    }

    @Test("Its places follow the number of its keys both ways, and their bound")
    func size() {
        var table = KeyTable(mostKeys: 1000)
        func digest(_ number: Int) -> KeyDigest {
            KeyDigest(first: UInt64(number) &* 0x9e37_79b9_7f4a_7c15, second: 1)
        }
        for number in 0..<1000 {
            let entry = KeyTable.Entry(digest: digest(number), state: LimitState(), lastUse: 0)
            _ = table.insert(entry, KeyTable.Record(birth: 0, tier: 0, slot: 0))
            #expect(table.entries.count >= 16 && table.entries.count <= max(16, table.count * 3))
            #expect(table.count * 3 <= table.entries.count * 2)
        }
        #expect(table.entries.count == 1800)
        for number in 0..<1000 {
            if let place = table.find(digest(number)) { table.remove(at: place) }
            #expect(table.entries.count <= max(16, table.count * 16))
        }
        #expect(table.count == 0)
    }

    @Test("In an empty table nothing is found")
    func empty() {
        let table = KeyTable(mostKeys: 10)
        #expect(table.find(firstHalf: 0) == nil)
        #expect(table.find(KeyDigest(first: 0, second: 1)) == nil)
    }

    @Test("A filter keeps what it is told to, changed, and forgets the rest")
    func filter() {
        var table = KeyTable(mostKeys: 100)
        for number in 0..<100 as Range<UInt32> {
            let digest = KeyDigest(first: UInt64(number) << 57, second: UInt64(number) + 1)
            let entry = KeyTable.Entry(digest: digest, state: LimitState(), lastUse: number)
            _ = table.insert(entry, KeyTable.Record(birth: number, tier: 0, slot: 0))
        }
        // To fewer than it keeps, too.
        table.filter(mostKeys: 10) { entry, record in
            record.tier = 3
            return entry.lastUse % 2 == 0
        }
        #expect(table.count == 50)
        for number in 0..<100 as Range<UInt32> {
            let place = table.find(KeyDigest(first: UInt64(number) << 57, second: UInt64(number) + 1))
            #expect((place != nil) == (number % 2 == 0))
            #expect(place.map { table.records[$0].tier } ?? 3 == 3)
        }
    }
}
