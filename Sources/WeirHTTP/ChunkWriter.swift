package import NIOCore

/// Frames a chunked body: ``writeChunk(_:into:)`` for each piece of data, then ``lastChunk``.
package enum ChunkWriter {
    /// Ends the body: the empty chunk, no trailers.
    package static let lastChunk = ByteBuffer(string: "0\r\n\r\n")

    /// Writes a chunk, copying `data`: one buffer, and so one write, is worth more than the copy. Nothing if it is empty,
    /// since an empty chunk would end the body.
    package static func writeChunk(_ data: ByteBuffer, into buffer: inout ByteBuffer) {
        guard data.readableBytes > 0 else { return }
        let room = data.readableBytes + OutputRawSpan.maxDigits + 4
        buffer.writeWithOutputRawSpan(minimumWritableBytes: room) { output in
            output.writeHexadecimal(data.readableBytes)
            output.writeCRLF()
            output.write(data.readableBytesSpan)
            output.writeCRLF()
        }
    }
}
