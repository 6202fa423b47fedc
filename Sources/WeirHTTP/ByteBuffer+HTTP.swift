import NIOCore

extension ByteBuffer {
    mutating func writeCRLF() {
        writeInteger(ASCII.crlf)
    }

    /// Writes `value`, 0 or more, in decimal, with zeros before it up to `width` digits (8 at most).
    mutating func writeDecimal(_ value: Int, width: Int = 1) {
        let tenToTheEighth: UInt64 = 100_000_000
        let whole = UInt64(max(value, 0))
        var rest = whole
        var width = width
        if whole >= tenToTheEighth {
            writeDecimal(Int(whole / tenToTheEighth))
            rest = whole % tenToTheEighth
            width = 8
        }
        writeDigits(rest, width: width, radixShift: nil)
    }

    /// Writes `value`, 0 or more, in lower-case hexadecimal.
    mutating func writeHexadecimal(_ value: Int) {
        let whole = UInt64(max(value, 0))
        if whole > 0xFFFF_FFFF { writeHexadecimal(Int(whole >> 32)) }
        writeDigits(whole & 0xFFFF_FFFF, width: whole > 0xFFFF_FFFF ? 8 : 1, radixShift: 4)
    }

    /// Writes at most eight digits as one integer, the first digit being its lowest byte.
    @inline(__always)
    private mutating func writeDigits(_ value: UInt64, width: Int, radixShift: UInt64?) {
        var rest = value
        var packed: UInt64 = 0
        var count = 0
        repeat {
            let digit: UInt64
            if let radixShift {
                digit = rest & 15
                rest &>>= radixShift
            } else {
                digit = rest % 10
                rest /= 10
            }
            packed = packed &<< 8 | (digit &+ (digit < 10 ? 0x30 : 0x57))
            count &+= 1
        } while rest > 0 || count < width
        writeInteger(packed, endianness: .little)
        moveWriterIndex(to: writerIndex - (8 - count))
    }
}
