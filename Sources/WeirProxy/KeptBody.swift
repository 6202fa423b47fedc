internal import NIOCore

/// The request body as it has come so far, kept for a further attempt for as long as it is short enough.
struct KeptBody {
    /// The bytes, without their framing; nil once there were more than may be kept.
    private(set) var bytes: ByteBuffer?
    private let most: Int

    /// Keeps at most `most` bytes.
    init(most: Int) {
        self.most = most
        bytes = ByteBuffer()
    }

    /// More of the body has come.
    mutating func append(_ more: ByteBuffer) {
        guard let kept = bytes?.readableBytes else { return }
        if kept + more.readableBytes > most {
            bytes = nil
        } else {
            bytes?.writeImmutableBuffer(more)
        }
    }
}
