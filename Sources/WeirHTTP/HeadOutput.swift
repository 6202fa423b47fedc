/// Appends to a message that is being written. Whoever opens the span has made room for all of it; what does not fit
/// would be left out whole.
extension OutputRawSpan {
    @inline(__always)
    mutating func write(_ bytes: RawSpan) {
        unsafe bytes.withUnsafeBytes { source in
            unsafe withUnsafeMutableBytes { target, count in
                guard let from = source.baseAddress, let to = target.baseAddress,
                    source.count <= target.count &- count
                else { return }
                unsafe (to + count).copyMemory(from: from, byteCount: source.count)
                count &+= source.count
            }
        }
    }

    @inline(__always)
    mutating func write(_ bytes: Span<UInt8>) {
        unsafe write(bytes.bytes)
    }

    @inline(__always)
    mutating func write(_ bytes: [UInt8]) {
        write(bytes.span)
    }

    /// Writes a text that is not fixed: a configured name.
    mutating func write(_ text: String) {
        let isWritten: Void? = unsafe text.utf8.withContiguousStorageIfAvailable { bytes in
            unsafe write(RawSpan(_unsafeElements: bytes))
        }
        guard isWritten == nil else { return }
        for byte in text.utf8 { write(byte) }
    }

    @inline(__always)
    mutating func write(_ text: StaticString) {
        unsafe write(RawSpan(_unsafeStart: text.utf8Start, byteCount: text.utf8CodeUnitCount))
    }

    @inline(__always)
    mutating func write(_ byte: UInt8) {
        guard freeCapacity > 0 else { return }
        append(byte)
    }

    @inline(__always)
    mutating func writeCRLF() {
        write("\r\n")
    }

    /// Most digits that ``writeDecimal(_:width:)`` and ``writeHexadecimal(_:)`` write.
    static var maxDigits: Int { 19 }

    /// Writes `value`, 0 or more, in decimal, with zeros before it up to `width` digits (8 at most).
    mutating func writeDecimal(_ value: Int, width: Int = 1) {
        let tenToTheEighth: UInt64 = 100_000_000
        let whole = UInt64(Swift.max(value, 0))
        guard whole >= tenToTheEighth else {
            return writeDigits(whole, width: width) { rest in
                let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
                rest = quotient
                return digit
            }
        }
        writeDecimal(Int(whole / tenToTheEighth))
        writeDecimal(Int(whole % tenToTheEighth), width: 8)
    }

    /// Writes `value`, 0 or more, in lower-case hexadecimal.
    mutating func writeHexadecimal(_ value: Int) {
        let whole = UInt64(Swift.max(value, 0))
        if whole > 0xFFFF_FFFF { writeHexadecimal(Int(whole >> 32)) }
        writeDigits(whole & 0xFFFF_FFFF, width: whole > 0xFFFF_FFFF ? 8 : 1) { rest in
            let digit = rest & 15
            rest &>>= 4
            return digit
        }
    }

    /// Takes at most eight digits from the low end, and writes them from the high one.
    @inline(__always)
    private mutating func writeDigits(_ value: UInt64, width: Int, takeDigit: (inout UInt64) -> UInt64) {
        var rest = value
        var packed: UInt64 = 0
        var count = 0
        repeat {
            let digit = takeDigit(&rest)
            packed = packed &<< 8 | (digit &+ (digit < 10 ? 0x30 : 0x57))
            count &+= 1
        } while rest > 0 || count < width
        for _ in 0..<count {
            write(UInt8(truncatingIfNeeded: packed))
            packed &>>= 8
        }
    }
}

/// The lines that frame a message or speak of its connection. Always written from these, never copied.
extension OutputRawSpan {
    /// Most bytes that ``writeFraming(_:)`` and ``writeWebSocketUpgrade()`` write together.
    static var maxFraming: Int { 96 }

    mutating func writeFraming(_ framing: BodyFraming) {
        switch framing {
        case .none, .untilClose:
            break
        case .counted(let length):
            write("Content-Length: ")
            writeDecimal(length)
            writeCRLF()
        case .chunked:
            write("Transfer-Encoding: chunked\r\n")
        }
    }

    mutating func writeWebSocketUpgrade() {
        write("Connection: Upgrade\r\nUpgrade: websocket\r\n")
    }

    /// Most bytes of a `Via` line besides the name.
    static var maxVia: Int { 16 }

    /// Adds a line rather than a member to a line there is: it means the same (RFC 9110 5.3).
    ///
    /// - Parameter version: that of the message received (RFC 9110 7.6.3).
    mutating func writeVia(_ version: HTTPVersion, _ name: String) {
        write(version == .http11 ? "Via: 1.1 " : "Via: 1.0 ")
        write(name)
        writeCRLF()
    }
}
