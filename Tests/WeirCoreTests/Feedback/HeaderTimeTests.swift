import Testing
import WeirCore

/// 2026-11-21 12:00:00 UTC, a Saturday, in seconds since 1970.
let noon: Int64 = 1_795_262_400

/// A response that came at the test's origin, which is noon by the wall clock.
let headerTime = HeaderTime(now: at(0), wallOffset: .seconds(noon))

@Suite("Times in headers")
struct HeaderTimeTests {
    @Test(
        "Retry-After is seconds from now, or a date",
        arguments: [
            ("0", 0), ("1", 1000), ("120", 120_000), ("0.5", 500), ("2.25", 2250), ("007", 7000),
            ("Sat, 21 Nov 2026 12:00:30 GMT", 30_000), ("Sun, 22 Nov 2026 12:00:00 GMT", 86_400_000),
        ] as [(String, Int64)])
    func retryAfter(text: String, milliseconds: Int64) {
        #expect(headerTime.retryAfter(text) == .milliseconds(milliseconds))
    }

    @Test("Retry-After does not depend on where the monotonic clock stands")
    func offsets() {
        let time = HeaderTime(now: at(seconds: 5000), wallOffset: .seconds(noon - 5000))
        #expect(time.retryAfter("Sat, 21 Nov 2026 12:00:30 GMT") == .seconds(30))
        #expect(time.retryAfter("30") == .seconds(30))
    }

    @Test("A date in the past is now")
    func past() {
        #expect(headerTime.retryAfter("Sat, 21 Nov 2026 11:59:59 GMT") == .zero)
        #expect(headerTime.retryAfter("Thu, 01 Jan 1970 00:00:00 GMT") == .zero)
    }

    @Test(
        "What lies absurdly far ahead is cut to a week",
        arguments: [
            ("604799", 604_799), ("604800", 604_800), ("604801", 604_800), ("99999999999999999999999999", 604_800),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 604_800),
        ] as [(String, Int64)])
    func absurd(text: String, seconds: Int64) {
        #expect(headerTime.retryAfter(text) == .seconds(seconds))
    }

    @Test(
        "Whatever else stands in a Retry-After is ignored",
        arguments: [
            "", " ", "soon", "-1", "+1", "1s", "1.", ".5", "1.5.5", "1e3", "0x10", "1 ", "1,2", "٣", "10 seconds",
            "Sat, 21 Nov 2026 12:00:30 UTC", "Sat, 21 Nov 2026 12:00:30 +0000", "sat, 21 nov 2026 12:00:30 gmt",
            "Sat, 21 Nov 2026 12:00:30", "Sat, 21 Nov 26 12:00:30 GMT", "Saturday, 21-Nov-26 12:00:30 GMT",
            "Sat Nov 21 12:00:30 2026", "Sat, 21 Nov 2026 24:00:00 GMT", "Sat, 21 Nov 2026 12:60:00 GMT",
            "Sat, 21 Nov 2026 12:00:61 GMT", "Sun, 21 Nov 2026 12:00:30 GMT", "Sat,  1 Nov 2026 12:00:30 GMT",
            "Sat, 21 Nov 2026 12:00:30 GMT ", "Sat, 21 Nov 2026 12.00.30 GMT", "Sat, 21-Nov-2026 12:00:30 GMT",
            "Sat,_21 Nov 2026 12:00:30 GMT", "Sat, 21 Nov 2026_12:00:30 GMT", "Sat, 21 Nov 2026 12:00:30_GMT",
            "Sat, 21 Nov 2O26 12:00:30 GMT", "Sat, 21 Nob 2026 12:00:30 GMT", "Sat, 21 Nov 2026T12:00:30 GMT",
            "Tue, 29 Feb 2027 00:00:00 GMT", "Mon, 29 Feb 2100 00:00:00 GMT", "Tue, 00 Dec 2026 00:00:00 GMT",
            "Thu, 31 Nov 2026 00:00:00 GMT", "2026-11-21T12:00:30Z",
        ])
    func malformed(text: String) {
        #expect(headerTime.retryAfter(text) == nil)
    }

    @Test(
        "Dates are those of the Gregorian calendar",
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Thu, 01 Jan 1970 00:00:10 GMT", 10),
            ("Tue, 29 Feb 2000 12:00:00 GMT", 951_825_600), ("Tue, 29 Feb 2028 00:00:00 GMT", 1_835_395_200),
            ("Wed, 31 Dec 2026 23:59:59 GMT", nil), ("Thu, 31 Dec 2026 23:59:60 GMT", 1_798_761_599),
            ("Mon, 01 Mar 2100 00:00:00 GMT", 4_107_542_400), ("Sun, 30 Apr 2028 00:00:00 GMT", 1_840_665_600),
            ("Mon, 31 Jan 2028 00:00:00 GMT", 1_832_889_600),
        ] as [(String, Int64?)])
    func dates(text: String, epoch: Int64?) {
        // Read at a moment half an hour before, so that the week ahead does not cut it.
        let time = HeaderTime(now: at(0), wallOffset: .seconds((epoch ?? 0) - 1800))
        #expect(time.retryAfter(text) == epoch.map { _ in .seconds(1800) })
    }

    @Test("Every day from 1970 to 2100 is one day after the day before")
    func everyDay() {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        var day: Int64 = 0
        for year in 1970...2100 {
            for month in 1...12 {
                for date in 1...31 {
                    let two = date < 10 ? "0\(date)" : "\(date)"
                    let text = "\(weekdays[Int(day % 7)]), \(two) \(months[month - 1]) \(year) 00:00:01 GMT"
                    let time = HeaderTime(now: at(0), wallOffset: .seconds(day * 86_400))
                    guard let read = time.retryAfter(text) else { continue }
                    guard read == .seconds(1) else {
                        Issue.record("\(text) is \(read)")
                        return
                    }
                    day += 1
                }
            }
        }
        #expect(day == 47_847, "131 years of 365 days and 32 leap days")
    }
}
