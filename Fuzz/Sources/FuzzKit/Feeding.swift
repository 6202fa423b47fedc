import NIOCore
import WeirHTTP

/// Ends the run where a property does not hold; in release builds too, and with its words.
func expect(_ condition: Bool, _ words: String) {
    guard condition else { fatalError(words) }
}

/// What a sequence of bytes came to.
enum Outcome<Value: Equatable>: Equatable {
    /// A whole message part, and how many bytes it took.
    case taken(Value, Int)
    case incomplete
    case refused(HTTPDefect)
}

/// Gives `bytes` to `parse` in pieces that end at `cuts`, which ascend, until it returns something or throws.
func feed<Value: Equatable>(
    _ bytes: [UInt8], cuts: [Int], _ parse: (inout ByteBuffer) throws(HTTPDefect) -> Value?
) -> Outcome<Value> {
    var buffer = ByteBuffer()
    var start = 0
    for cut in cuts + [bytes.count] {
        buffer.writeBytes(bytes[start..<cut])
        start = cut
        do throws(HTTPDefect) {
            if let value = try parse(&buffer) {
                expect(
                    buffer.readableBytesView.elementsEqual(bytes[(start - buffer.readableBytes)..<start]),
                    "what stands behind was changed")
                return .taken(value, start - buffer.readableBytes)
            }
        } catch {
            do throws(HTTPDefect) {
                _ = try parse(&buffer)
                fatalError("a defect did not stay")
            } catch let again {
                expect(again == error, "a defect changed")
            }
            return .refused(error)
        }
    }
    return .incomplete
}

/// Ways to cut so many bytes: at one place that depends on them, and everywhere.
func cuttings(_ bytes: [UInt8]) -> [[Int]] {
    let sum = bytes.reduce(5381) { ($0 &* 33 &+ Int($1)) & 0xFFFF_FFFF }
    return [[sum % (bytes.count + 1)], Array(0...bytes.count)]
}

/// Expects the same outcome however the bytes are cut, and returns it.
func expectSame<Value: Equatable>(
    _ bytes: [UInt8], _ outcome: (_ cuts: [Int]) -> Outcome<Value>
) -> Outcome<Value> {
    let whole = outcome([])
    for cuts in cuttings(bytes) {
        expect(outcome(cuts) == whole, "the outcome depends on where the bytes are cut")
    }
    return whole
}

/// Expects a written head to be one head in any lax reading: lines end in CR LF and nothing else does, only the last is
/// empty, none is folded, and at most one field frames the message, `_` being as good as `-`.
func expectPlain(_ head: ByteBufferView) {
    let bytes = Array(head)
    expect(bytes.suffix(4) == [13, 10, 13, 10], "a head does not end in an empty line")
    var lines: [ArraySlice<UInt8>] = []
    var start = 0
    for place in bytes.indices where bytes[place] == 10 {
        expect(place > 0 && bytes[place - 1] == 13, "a bare LF")
        lines.append(bytes[start..<place - 1])
        start = place + 1
    }
    expect(lines.dropLast().allSatisfy { !$0.isEmpty }, "an empty line within a head")
    var framing = 0
    for line in lines {
        expect(line.allSatisfy { $0 == 9 || $0 >= 32 && $0 != 127 }, "a control character in a line")
        expect(line.first != 32 && line.first != 9, "a folded line")
        let name = String(decoding: line.prefix { $0 != 58 }, as: UTF8.self).lowercased()
        let asCGI = String(name.map { $0 == "_" ? "-" : $0 })
        if asCGI == "content-length" || asCGI == "transfer-encoding" { framing += 1 }
    }
    expect(framing <= 1, "two fields that frame the message")
}
