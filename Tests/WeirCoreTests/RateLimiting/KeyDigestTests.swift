import Testing

@testable import WeirCore

@Suite("Digests of keys")
struct KeyDigestTests {
    /// From the reference implementation: the key 00…0f, the input 00, 01, … of that length.
    @Test(
        "Are SipHash-2-4 of 128 bits",
        arguments: [
            (0, 0xe6a8_25ba_047f_81a3 as UInt64, 0x9302_55c7_1472_f66d as UInt64),
            (1, 0x44af_996b_d8c1_87da, 0x45fc_229b_1159_7634),
            (7, 0x53c1_dbd8_beeb_f1a1, 0x3982_f01f_a64a_b8c0),
            (8, 0x61f5_5862_baa9_623b, 0xb497_14f3_64e2_830f),
            (15, 0x11a8_b033_99e9_9354, 0xd9c3_cf97_0fec_087e),
            (63, 0x4a83_502f_77d1_5051, 0x7cbd_3f97_9a06_3e50),
        ])
    func vectors(length: Int, first: UInt64, second: UInt64) {
        var hash = SipHash(seed: KeySeed(0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908))
        for byte in 0..<length { hash.combine(UInt8(byte)) }
        let digest = hash.finish()
        #expect(digest.first == first && digest.second == second)
    }

    @Test("Differ for every other way to split the same letters, and by seed and tier")
    func splits() {
        var limit = LimitSettings(name: "l", algorithm: .concurrency(max: 1), key: [.clientIP])
        let seed = KeySeed(1, 2)
        let lists: [[String]?] = [
            nil, [], [""], ["", ""], ["ab", "c"], ["a", "bc"], ["abc"], ["abc", ""], ["", "abc"],
        ]
        var digests = lists.map { limit.key($0, tier: 0, seed: seed).digest }
        digests.append(limit.key(["abc"], tier: 0, seed: KeySeed(2, 1)).digest)
        limit.tiers = Tiers(
            by: .header("t"), defaultTier: "a",
            tiers: [.init(name: "a", algorithm: limit.algorithm), .init(name: "b", algorithm: limit.algorithm)])
        digests += [0, 1].map { limit.key(["abc"], tier: $0, seed: seed).digest }
        #expect(Set(digests).count == digests.count)
    }

    @Test("Are the same of bytes and of the text that they are, at every length and wherever they begin")
    func bytes() {
        for length in 0..<40 {
            for before in 0..<8 {
                let letters = (0..<length).map { UInt8(ascii: "a") + UInt8($0 % 26) }
                var (ofText, ofBytes) = (SipHash(seed: KeySeed(1, 2)), SipHash(seed: KeySeed(1, 2)))
                for byte in 0..<before {
                    ofText.combine(UInt8(byte))
                    ofBytes.combine(UInt8(byte))
                }
                ofText.combine(String(decoding: letters, as: UTF8.self))
                ofBytes.combine(letters.span)
                // What the reference is fed: byte by byte, and the length.
                var reference = SipHash(seed: KeySeed(1, 2))
                for byte in (0..<before).map({ UInt8($0) }) + letters + [UInt8(length), 0, 0, 0, 0, 0, 0, 0] {
                    reference.combine(byte)
                }
                let digest = reference.finish()
                #expect(ofText.finish() == digest && ofBytes.finish() == digest, "\(length) after \(before)")
            }
        }
    }
}
