extension [UInt8] {
    /// Appends `text` with `\` and line feeds escaped, and quotes too in a label's value. Any other byte stands for
    /// itself (text format 0.0.4).
    mutating func appendEscaped(_ text: String, quotes: Bool) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"):
                append(contentsOf: "\\\\".utf8)
            case UInt8(ascii: "\n"):
                append(contentsOf: "\\n".utf8)
            case UInt8(ascii: "\"") where quotes:
                append(contentsOf: "\\\"".utf8)
            default:
                append(byte)
            }
        }
    }

    /// Appends `value` in decimal digits.
    mutating func appendDecimal(_ value: UInt64) {
        if value < 10 {
            append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value))
            return
        }
        append(addingCapacity: 20) { (span: inout OutputSpan<UInt8>) in
            var digits = InlineArray<20, UInt8>(repeating: 0)
            var first = 20
            var rest = value
            while rest != 0 {
                let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
                first &-= 1
                digits[first] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: digit)
                rest = quotient
            }
            for index in first..<20 {
                span.append(digits[index])
            }
        }
    }

    /// Appends `value` × 10^-`decimals` exactly, without an exponent or zeros at the end.
    mutating func appendFixed(_ value: UInt64, decimals: Int) {
        var scale: UInt64 = 1
        for _ in 0..<decimals {
            scale &*= 10
        }
        let (whole, fraction) = value.quotientAndRemainder(dividingBy: scale)
        appendDecimal(whole)
        guard fraction != 0 else { return }
        append(UInt8(ascii: "."))
        var rest = fraction
        while rest != 0 {
            scale /= 10
            let (digit, remainder) = rest.quotientAndRemainder(dividingBy: scale)
            append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: digit))
            rest = remainder
        }
    }

    /// Appends the shortest decimal that reads back as `value`; whole numbers below 2⁶³ in full, without an exponent.
    mutating func appendNumber(_ value: Double) {
        if let whole = Int64(exactly: value), whole != 0 || value.sign == .plus {
            if whole < 0 {
                append(UInt8(ascii: "-"))
            }
            appendDecimal(whole.magnitude)
        } else if value.isFinite {
            append(contentsOf: value.description.utf8)
        } else {
            append(contentsOf: (value.isNaN ? "NaN" : value < 0 ? "-Inf" : "+Inf").utf8)
        }
    }
}

extension String {
    /// `value` × 10^-`decimals` as the value of an `le` label, which must be the same in every format and version or
    /// the series changes its identity: the form OpenMetrics 1.0 gives (`1.0`, `0.001`, `1e-05`, `2.5e+06`), which
    /// is also what Prometheus 3 makes of any other.
    init(bound value: UInt64, decimals: Int) {
        let digits = value.description
        let exponent = digits.count - 1 - decimals
        guard value != 0, exponent < -4 || exponent >= 6 else {
            var fixed: [UInt8] = []
            fixed.appendFixed(value, decimals: decimals)
            self.init(decoding: fixed, as: UTF8.self)
            if !contains(".") {
                append(".0")
            }
            return
        }
        var mantissa = Substring(digits)
        while mantissa.count > 1, mantissa.last == "0" {
            mantissa.removeLast()
        }
        self.init(mantissa.removeFirst())
        if !mantissa.isEmpty {
            append("." + mantissa)
        }
        append(exponent < 0 ? "e-" : "e+")
        append(exponent.magnitude < 10 ? "0\(exponent.magnitude)" : "\(exponent.magnitude)")
    }
}
