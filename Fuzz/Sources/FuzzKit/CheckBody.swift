import NIOCore
import WeirHTTP

/// The properties of bodies: the same data and end however the bytes come, nothing taken from behind the end, never more
/// data than bytes, and a body written anew is the same body.
package func checkBody(_ bytes: [UInt8]) {
    let counted = BodyFraming.counted(Int(bytes.first ?? 0))
    for framing in [BodyFraming.chunked, counted, .untilClose, .none] {
        let outcome = expectSame(bytes) { decode(bytes, framing, cuts: $0) }
        guard case .taken(let data, let count) = outcome else { continue }
        expect(data.count <= count, "more data than bytes")
        guard framing == .chunked else {
            expect(data == Array(bytes.prefix(count)), "other bytes than came")
            continue
        }
        var written = ByteBuffer()
        let half = data.count / 2
        ChunkWriter.writeChunk(ByteBuffer(bytes: data.prefix(half)), into: &written)
        ChunkWriter.writeChunk(ByteBuffer(bytes: data.dropFirst(half)), into: &written)
        written.writeImmutableBuffer(ChunkWriter.lastChunk)
        let again = Array(written.readableBytesView)
        expect(decode(again, .chunked, cuts: []) == .taken(data, again.count), "another body was written")
    }
}

private func decode(_ bytes: [UInt8], _ framing: BodyFraming, cuts: [Int]) -> Outcome<[UInt8]> {
    var decoder = BodyDecoder(framing)
    var data: [UInt8] = []
    let outcome: Outcome<[UInt8]> = feed(bytes, cuts: cuts) { buffer throws(HTTPDefect) in
        while let part = try decoder.next(&buffer) {
            switch part {
            case .data(let piece):
                expect(piece.readableBytes > 0, "an empty piece")
                data += piece.readableBytesView
            case .end:
                return data
            }
        }
        return nil
    }
    switch outcome {
    case .taken: expect(decoder.isComplete && decoder.finishAtEOF(), "over, and does not say so")
    case .incomplete: expect(decoder.finishAtEOF() == (framing == .untilClose), "a cut body looks whole")
    case .refused: expect(!decoder.finishAtEOF(), "a refused body looks whole")
    }
    return outcome
}
