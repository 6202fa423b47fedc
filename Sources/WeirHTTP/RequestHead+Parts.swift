import NIOCore

/// Parts of a request shown in place, for those who key, count or route by them: no strings, no decoding, and every
/// walk is bounded by the size of the head.
extension RequestHead {
    /// Most members of `X-Forwarded-For` that ``walkForwardedFor(_:)`` shows.
    package static let maxForwardedFor = 64

    /// Shows the first value of a field, trimmed; nil when there is none.
    package func withFirst<R, E: Error>(
        _ name: FieldName, _ body: (Span<UInt8>) throws(E) -> R
    ) throws(E) -> R? {
        guard let value = fields.first(name) else { return nil }
        return try body(fields.bytes.readableBytesUInt8Span.extracting(value))
    }

    /// Shows the value of the first cookie of this name (letter case counts), quotes and all; nil when there is none.
    package func withCookie<R, E: Error>(
        _ name: some Collection<UInt8>, _ body: (Span<UInt8>) throws(E) -> R
    ) throws(E) -> R? {
        guard fields.contains(.cookie) else { return nil }
        let span = fields.bytes.readableBytesUInt8Span
        for entry in fields.entries where entry.known == .cookie {
            if let value = span.pairValue(of: name, in: entry.value, separator: ASCII.semicolon, trims: true) {
                return try body(span.extracting(value))
            }
        }
        return nil
    }

    /// Shows the value of the first query item of this name as it was sent; empty where it has no `=`, nil when there
    /// is none.
    package func withQueryItem<R, E: Error>(
        _ name: some Collection<UInt8>, _ body: (Span<UInt8>) throws(E) -> R
    ) throws(E) -> R? {
        guard !target.query.isEmpty else { return nil }
        let span = fields.bytes.readableBytesUInt8Span
        let query = target.query.lowerBound &+ 1..<target.query.upperBound
        guard let value = span.pairValue(of: name, in: query, separator: ASCII.ampersand, trims: false) else {
            return nil
        }
        return try body(span.extracting(value))
    }

    /// Shows the members of `X-Forwarded-For`, trimmed, from the last to the first, over all its fields, until `visit`
    /// returns false or ``maxForwardedFor`` were shown. Empty ones are left out.
    package func walkForwardedFor(_ visit: (Span<UInt8>) -> Bool) {
        guard fields.contains(.xForwardedFor) else { return }
        let span = fields.bytes.readableBytesUInt8Span
        var shown = 0
        for entry in fields.entries.reversed() where entry.known == .xForwardedFor {
            var end = entry.value.upperBound
            while end >= entry.value.lowerBound {
                var start = end
                while start > entry.value.lowerBound, span[start &- 1] != ASCII.comma { start &-= 1 }
                let member = span.trimmed(start..<end)
                end = start &- 1
                guard !member.isEmpty else { continue }
                guard shown < Self.maxForwardedFor, visit(span.extracting(member)) else { return }
                shown &+= 1
            }
        }
    }

    /// Whether the request is for this host, letter case and port aside.
    ///
    /// - Parameter host: As in ``authority``, without a port; an IPv6 address in brackets.
    package func isAddressed(to host: some Collection<UInt8>) -> Bool {
        let span = fields.bytes.readableBytesUInt8Span
        guard let authority = Authority(span, in: authorityRange) else { return false }
        return span.equalIgnoringCase(authority.host, host)
    }
}

extension Span<UInt8> {
    /// The value behind the first `name=` among the pairs in `range`; empty where that name stands without `=`.
    fileprivate func pairValue(
        of name: some Collection<UInt8>, in range: Range<Int>, separator: UInt8, trims: Bool
    ) -> Range<Int>? {
        var start = range.lowerBound
        while start <= range.upperBound {
            var end = start
            while end < range.upperBound, self[end] != separator { end &+= 1 }
            let pair = trims ? trimmed(start..<end) : start..<end
            var split = pair.lowerBound
            while split < pair.upperBound, self[split] != ASCII.equals { split &+= 1 }
            if holds(name, in: pair.lowerBound..<split) {
                return Swift.min(split &+ 1, pair.upperBound)..<pair.upperBound
            }
            start = end &+ 1
        }
        return nil
    }

    private func holds(_ bytes: some Collection<UInt8>, in range: Range<Int>) -> Bool {
        guard range.count == bytes.count else { return false }
        var place = range.lowerBound
        for byte in bytes {
            guard self[place] == byte else { return false }
            place &+= 1
        }
        return true
    }

    fileprivate func trimmed(_ range: Range<Int>) -> Range<Int> {
        var start = range.lowerBound
        var end = range.upperBound
        while start < end, ASCII.isBlank(self[start]) { start &+= 1 }
        while start < end, ASCII.isBlank(self[end &- 1]) { end &-= 1 }
        return start..<end
    }
}
