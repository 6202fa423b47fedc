/// Where the parts of a request target lie in its head.
struct RequestTarget: Sendable {
    enum Form: Sendable {
        case origin, absolute, authority
        /// `*`, or an absolute form without a path asked with OPTIONS, which means the same (RFC 9112 3.2.4).
        case asterisk
    }

    var form: Form
    /// Whether the target was sent with scheme and authority.
    var isAbsolute = false
    /// Empty when the target has none: then the path is `/` (or `*`).
    var path: Range<Int>
    /// From the `?` on; empty when there is none.
    var query: Range<Int>
    /// Empty in origin and asterisk form.
    var authority: Range<Int>
    /// The port that the scheme implies.
    var defaultPort = 80

    /// Reads a target whose bytes are known to be visible ASCII.
    ///
    /// - Parameter questionMark: where its first `?` is.
    init(_ bytes: Span<UInt8>, in range: Range<Int>, questionMark: Int?, method: HTTPMethod) throws(HTTPDefect) {
        let start = range.lowerBound
        let end = range.upperBound
        let pathEnd = questionMark ?? end
        query = pathEnd..<end
        authority = start..<start
        path = start..<pathEnd
        if method == .connect {
            guard Authority(bytes, in: range)?.port != nil else {
                throw .malformed("the target of CONNECT must be a host and a port")
            }
            form = .authority
            authority = range
            path = end..<end
            query = end..<end
        } else if bytes[start] == ASCII.slash {
            form = .origin
        } else if range.count == 1, bytes[start] == ASCII.asterisk {
            guard method == .options else { throw .malformed("the target * is for OPTIONS only") }
            form = .asterisk
        } else {
            let authorityStart: Int
            if range.count > 7, bytes.matches("http://", at: start) {
                authorityStart = start &+ 7
            } else if range.count > 8, bytes.matches("https://", at: start) {
                authorityStart = start &+ 8
                defaultPort = 443
            } else {
                throw .malformed("the target is neither a path nor an http or https URL")
            }
            var authorityEnd = authorityStart
            while authorityEnd < pathEnd, bytes[authorityEnd] != ASCII.slash { authorityEnd &+= 1 }
            authority = authorityStart..<authorityEnd
            path = authorityEnd..<pathEnd
            isAbsolute = true
            form = method == .options && authorityEnd == end ? .asterisk : .absolute
            guard Authority(bytes, in: authority) != nil else {
                throw .malformed("the target's authority is not a host with an optional port")
            }
        }
    }
}
