package import NIOCore

/// Frames a chunked body: for each piece of data a head, the data, ``chunkEnd``; then ``lastChunk``.
package enum ChunkWriter {
    /// Ends each chunk's data: CR LF.
    package static let chunkEnd = ByteBuffer(string: "\r\n")
    /// Ends the body: the empty chunk, no trailers.
    package static let lastChunk = ByteBuffer(string: "0\r\n\r\n")

    /// Writes the size of a chunk in hexadecimal and CR LF.
    ///
    /// Writes nothing for a size below 1, since an empty chunk would end the body: skip data and
    /// ``chunkEnd`` too then.
    package static func writeChunkHead(size: Int, into buffer: inout ByteBuffer) {
        guard size > 0 else { return }
        buffer.writeHexadecimal(size)
        buffer.writeCRLF()
    }

    /// Writes a whole chunk, copying `data`. Nothing if it is empty.
    package static func writeChunk(_ data: ByteBuffer, into buffer: inout ByteBuffer) {
        guard data.readableBytes > 0 else { return }
        writeChunkHead(size: data.readableBytes, into: &buffer)
        buffer.writeImmutableBuffer(data)
        buffer.writeCRLF()
    }
}
