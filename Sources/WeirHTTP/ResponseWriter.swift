package import NIOCore

/// Writes the heads of an upstream's responses for the caller.
package enum ResponseWriter {
    /// Writes a head and says how the body behind it must be framed.
    ///
    /// The fields pass in their order, without those of the hop, the framing and the upstream's `Weir-*`; then come
    /// `Weir-Endpoint`, `Weir-Wait-Ms`, `Weir-Attempts` and the framing. A response without a body keeps its
    /// `Content-Length` as sent where that describes what a GET would get (HEAD, 304). A body that ends with the
    /// upstream's connection is chunked for the caller; a chunked one ends with the connection for HTTP/1.0.
    ///
    /// A 1xx goes without `Weir-*` and framing. For an HTTP/1.0 caller it is not written at all, since such a
    /// caller knows no 1xx.
    ///
    /// - Parameters:
    ///   - version: that of the caller's request.
    ///   - close: say `Connection: close`. Implied for HTTP/1.0.
    ///   - endpoint: the configured name, which is a token.
    ///   - waitNanoseconds: time in line over all attempts; below 0 counts as 0.
    ///   - attempts: how many times the request was sent.
    ///   - via: the name to add to `Via`, nil for none.
    /// - Returns: the framing towards the caller; after ``BodyFraming/untilClose`` the connection must close.
    package static func write(
        _ head: ResponseHead, answering version: HTTPVersion, close: Bool, endpoint: String,
        waitNanoseconds: Int64, attempts: Int, via: String? = nil, into buffer: inout ByteBuffer
    ) -> BodyFraming {
        if head.isInformational {
            if version == .http11 { writeInformational(head, via: via, into: &buffer) }
            return .none
        }
        let framing = framing(of: head, towards: version)
        let keepsLength = head.framing == .none && head.status != 204
        buffer.writeWithOutputRawSpan(minimumWritableBytes: room(for: head, naming: endpoint, via)) { output in
            writeStart(head, dropping: keepsLength ? droppedKeepingLength : .neverRelayed, into: &output)
            if let via { output.writeVia(head.version, via) }
            output.write("Weir-Endpoint: ")
            output.write(endpoint)
            output.write("\r\nWeir-Wait-Ms: ")
            output.writeMilliseconds(waitNanoseconds)
            output.write("\r\nWeir-Attempts: ")
            output.writeDecimal(attempts)
            output.writeCRLF()
            output.writeFraming(framing)
            if close || version == .http10 || framing == .untilClose { output.write("Connection: close\r\n") }
            output.writeCRLF()
        }
        return framing
    }

    /// Most bytes that a response takes: its own, and what this type adds.
    private static func room(for head: ResponseHead, naming endpoint: String, _ via: String?) -> Int {
        head.fields.maxWrittenBytes + endpoint.utf8.count + (via?.utf8.count ?? 0) + OutputRawSpan.maxVia
            + OutputRawSpan.maxFraming + 2 * OutputRawSpan.maxDigits + 96
    }

    private static func framing(of head: ResponseHead, towards version: HTTPVersion) -> BodyFraming {
        switch head.framing {
        case .none, .counted: head.framing
        case .chunked, .untilClose: version == .http11 ? .chunked : .untilClose
        }
    }

    private static func writeInformational(_ head: ResponseHead, via: String?, into buffer: inout ByteBuffer) {
        buffer.writeWithOutputRawSpan(minimumWritableBytes: room(for: head, naming: "", via)) { output in
            writeStart(head, dropping: .neverRelayed, into: &output)
            if let via { output.writeVia(head.version, via) }
            if head.upgradesToWebSocket { output.writeWebSocketUpgrade() }
            output.writeCRLF()
        }
    }

    /// The status line in our own version, and the fields.
    private static func writeStart(
        _ head: ResponseHead, dropping dropped: KnownFieldSet, into output: inout OutputRawSpan
    ) {
        let fields = head.fields
        output.write("HTTP/1.1 ")
        var leading = head.statusLine
        if leading.count > 3 {
            leading = leading.lowerBound..<leading.upperBound &+ 2
        } else {
            output.write(fields.bytes.readableBytesSpan.extracting(leading))
            output.write(" \r\n")
            leading = 0..<0
        }
        fields.write(leading: leading, dropping: dropped, replaced: [], into: &output)
    }

    private static let droppedKeepingLength = KnownFieldSet.neverRelayed.subtracting([.contentLength])
}

extension OutputRawSpan {
    /// Writes nanoseconds as milliseconds with up to three decimals, rounded down, without zeros at the end.
    mutating func writeMilliseconds(_ nanoseconds: Int64) {
        let microseconds = Int(max(nanoseconds, 0) / 1000)
        writeDecimal(microseconds / 1000)
        var fraction = microseconds % 1000
        guard fraction > 0 else { return }
        var width = 3
        while fraction % 10 == 0 {
            fraction /= 10
            width &-= 1
        }
        write(ASCII.dot)
        writeDecimal(fraction, width: width)
    }
}
