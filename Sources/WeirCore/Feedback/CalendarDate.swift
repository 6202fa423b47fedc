/// Dates in header values, as seconds since 1970 in UTC. No leap second is known: second 60 is read as 59.
enum CalendarDate {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]

    /// Reads an IMF-fixdate (RFC 9110, 5.6.7), such as `Sun, 06 Nov 1994 08:49:37 GMT`, to the letter. The obsolete
    /// forms are not read.
    static func imfFixdate(_ text: some StringProtocol) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count == 29,
            let day = number(bytes[5...6]), let year = number(bytes[12...15]),
            let month = months.firstIndex(where: { bytes[8...10].elementsEqual($0.utf8) }),
            let days = days(year: year, month: month + 1, day: day),
            let seconds = timeOfDay(bytes[17...24])
        else { return nil }
        let weekday = weekdays[Int((days % 7 + 7) % 7)]
        guard bytes[0...4].elementsEqual("\(weekday), ".utf8), bytes[7] == space, bytes[11] == space,
            bytes[16] == space, bytes[25...28].elementsEqual(" GMT".utf8)
        else { return nil }
        return days * 86_400 + seconds
    }

    /// Reads a timestamp of RFC 3339, such as `2026-11-21T08:49:37.5+01:00`; the fraction is rounded up to a second.
    static func rfc3339(_ text: some StringProtocol) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes.count <= 40,
            let year = number(bytes[0...3]), let month = number(bytes[5...6]), let day = number(bytes[8...9]),
            bytes[4] == hyphen, bytes[7] == hyphen, bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: "t"),
            let days = days(year: year, month: month, day: day),
            var seconds = timeOfDay(bytes[11...18])
        else { return nil }
        var rest = bytes[19...]
        if rest.first == UInt8(ascii: ".") {
            let fraction = rest.dropFirst().prefix(while: HeaderNumber.isDigit)
            guard !fraction.isEmpty else { return nil }
            if fraction.contains(where: { $0 != UInt8(ascii: "0") }) { seconds += 1 }
            rest = rest.dropFirst(fraction.count + 1)
        }
        guard let offset = offset(rest) else { return nil }
        return days * 86_400 + seconds - offset
    }

    private static let space = UInt8(ascii: " ")
    private static let hyphen = UInt8(ascii: "-")
    private static let colon = UInt8(ascii: ":")

    /// `Z`, or hours and minutes with a sign, in seconds.
    private static func offset(_ bytes: ArraySlice<UInt8>) -> Int64? {
        let first = bytes.startIndex
        if bytes.count == 1 { return bytes[first] == UInt8(ascii: "Z") || bytes[first] == UInt8(ascii: "z") ? 0 : nil }
        guard bytes.count == 6, bytes[first + 3] == colon, let hours = number(bytes[first + 1...first + 2]),
            let minutes = number(bytes[first + 4...first + 5]), hours < 24, minutes < 60
        else { return nil }
        let seconds = Int64(hours * 3600 + minutes * 60)
        switch bytes[first] {
        case UInt8(ascii: "+"): return seconds
        case hyphen: return -seconds
        default: return nil
        }
    }

    /// `08:49:37` in seconds.
    private static func timeOfDay(_ bytes: ArraySlice<UInt8>) -> Int64? {
        let first = bytes.startIndex
        guard let hour = number(bytes[first...first + 1]), let minute = number(bytes[first + 3...first + 4]),
            let second = number(bytes[first + 6...first + 7]), bytes[first + 2] == colon, bytes[first + 5] == colon,
            hour < 24, minute < 60, second <= 60
        else { return nil }
        return Int64(hour * 3600 + minute * 60 + min(second, 59))
    }

    /// Days since 1970 of a date of the Gregorian calendar, from the year 1 on; nil where there is no such date. Howard
    /// Hinnant's `days_from_civil` (chrono-Compatible Low-Level Date Algorithms): years are taken from March on.
    private static func days(year: Int, month: Int, day: Int) -> Int64? {
        guard year >= 1, month >= 1, month <= 12, day >= 1, day <= length(ofMonth: month, year: year)
        else { return nil }
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return Int64(era * 146_097 + dayOfEra - 719_468)
    }

    private static func length(ofMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Digits only.
    private static func number(_ bytes: ArraySlice<UInt8>) -> Int? {
        var value = 0
        for byte in bytes {
            guard HeaderNumber.isDigit(byte) else { return nil }
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return value
    }
}
