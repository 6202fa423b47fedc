/// Numbers in header values: digits, without a sign, and capped where they are absurd.
enum HeaderNumber {
    /// No number is read as a larger one: 10¹⁵.
    static let largest = 1_000_000_000_000_000

    /// A number and the billionths that follow its point.
    struct Decimal: Hashable {
        var whole: Int
        var billionths: Int
    }

    /// A whole number; nil for anything but digits.
    static func count(_ text: some StringProtocol) -> Int? {
        var digits = Substring(text).utf8
        guard let value = takeDigits(&digits), digits.isEmpty else { return nil }
        return value
    }

    /// The first of the numbers in a list such as `100, 100;w=60`; nil where it does not begin with one.
    static func leadingCount(_ text: some StringProtocol) -> Int? {
        var rest = Substring(text).utf8
        guard let value = takeDigits(&rest) else { return nil }
        while let byte = rest.first, byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") { rest.removeFirst() }
        guard let next = rest.first else { return value }
        return next == UInt8(ascii: ",") || next == UInt8(ascii: ";") ? value : nil
    }

    /// A number with or without a fraction, such as `1.5`; what follows the ninth digit of the fraction is dropped.
    static func decimal(_ text: some StringProtocol) -> Decimal? {
        var rest = Substring(text).utf8
        guard let value = takeDecimal(&rest), rest.isEmpty else { return nil }
        return value
    }

    /// Takes a number with or without a fraction from the front.
    static func takeDecimal(_ text: inout Substring.UTF8View) -> Decimal? {
        guard let whole = takeDigits(&text) else { return nil }
        guard text.first == UInt8(ascii: ".") else { return Decimal(whole: whole, billionths: 0) }
        text.removeFirst()
        let fraction = text.prefix(while: isDigit)
        guard !fraction.isEmpty else { return nil }
        text.removeFirst(fraction.count)
        var billionths = 0
        var place = 100_000_000
        for digit in fraction.prefix(9) {
            billionths += Int(digit - UInt8(ascii: "0")) * place
            place /= 10
        }
        return Decimal(whole: whole, billionths: billionths)
    }

    /// Takes the digits from the front; nil where there are none.
    private static func takeDigits(_ text: inout Substring.UTF8View) -> Int? {
        let digits = text.prefix(while: isDigit)
        guard !digits.isEmpty else { return nil }
        text.removeFirst(digits.count)
        return digits.reduce(0) { min($0 * 10 + Int($1 - UInt8(ascii: "0")), largest) }
    }

    static func isDigit(_ byte: UInt8) -> Bool {
        UInt8(ascii: "0") <= byte && byte <= UInt8(ascii: "9")
    }
}
