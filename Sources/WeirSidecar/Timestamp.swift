internal import FoundationEssentials

extension Date {
    /// As the log and events carry it: `2025-11-21T00:00:00.042Z` (RFC 3339), cut off behind milliseconds; none is before 1970.
    ///
    /// Foundation's formatter writes the same, and sets up calendars and time zones for it: megabytes of code that Weir has no
    /// other use for.
    var timestamp: String {
        let milliseconds = max(0, Int(timeIntervalSince1970 * 1000))
        let seconds = milliseconds / 1000
        let (year, month, day) = Self.civil(daysSince1970: seconds / 86_400)
        let date = "\(Self.padded(year, to: 4))-\(Self.padded(month, to: 2))-\(Self.padded(day, to: 2))"
        let clock = [seconds / 3600 % 24, seconds / 60 % 60, seconds % 60].map { Self.padded($0, to: 2) }
        return "\(date)T\(clock.joined(separator: ":")).\(Self.padded(milliseconds % 1000, to: 3))Z"
    }

    /// The date in the Gregorian calendar, from 1970 on. Howard Hinnant's `civil_from_days` (chrono-Compatible Low-Level Date
    /// Algorithms): years are taken from March on.
    private static func civil(daysSince1970: Int) -> (year: Int, month: Int, day: Int) {
        let days = daysSince1970 + 719_468
        let era = days / 146_097
        let dayOfEra = days % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * month + 2) / 5 + 1
        return month < 10
            ? (era * 400 + yearOfEra, month + 3, day) : (era * 400 + yearOfEra + 1, month - 9, day)
    }

    private static func padded(_ number: Int, to width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
