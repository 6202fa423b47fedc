/// A request method. Methods are case-sensitive: `get` is ``other``.
package enum HTTPMethod: Sendable, Equatable {
    case get, head, post, put, delete, patch, options, connect, trace
    /// Any other token of at most 32 bytes.
    case other

    /// Most bytes a method may have.
    static let maxLength = 32

    init(_ bytes: Span<UInt8>, in range: Range<Int>) {
        switch range.count {
        case 3 where bytes.isExactly("GET", at: range.lowerBound): self = .get
        case 3 where bytes.isExactly("PUT", at: range.lowerBound): self = .put
        case 4 where bytes.isExactly("POST", at: range.lowerBound): self = .post
        case 4 where bytes.isExactly("HEAD", at: range.lowerBound): self = .head
        case 5 where bytes.isExactly("PATCH", at: range.lowerBound): self = .patch
        case 5 where bytes.isExactly("TRACE", at: range.lowerBound): self = .trace
        case 6 where bytes.isExactly("DELETE", at: range.lowerBound): self = .delete
        case 7 where bytes.isExactly("OPTIONS", at: range.lowerBound): self = .options
        case 7 where bytes.isExactly("CONNECT", at: range.lowerBound): self = .connect
        default: self = .other
        }
    }
}

extension Span<UInt8> {
    @inline(__always)
    fileprivate func isExactly(_ text: StaticString, at start: Int) -> Bool {
        for offset in 0..<text.utf8CodeUnitCount {
            guard unsafe self[start &+ offset] == text.utf8Start[offset] else { return false }
        }
        return true
    }
}
