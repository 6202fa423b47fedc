import Testing
import WeirCore

@Suite("Provider headers")
struct ProviderHeaderReaderTests {
    typealias Headers = [String: String]

    private func read(_ headers: Headers, as dialect: ProviderHeaders = .auto) -> ProviderReading? {
        ProviderHeaderReader(dialect).read(headerTime) { headers[$0] }
    }

    private func expect(
        _ headers: Headers, as dialect: ProviderHeaders, limit: Int?, remaining: Int?, reset: Instant?,
        location: SourceLocation = #_sourceLocation
    ) {
        for dialect in [dialect, .auto] {
            let reading = read(headers, as: dialect)
            #expect(reading?.limit == limit, "\(dialect)", sourceLocation: location)
            #expect(reading?.remaining == remaining, "\(dialect)", sourceLocation: location)
            #expect(reading?.reset == reset, "\(dialect)", sourceLocation: location)
        }
    }

    // MARK: The dialects

    @Test("Bybit: the reset means now unless nothing remains")
    func bybit() {
        func headers(_ remaining: String) -> Headers {
            [
                "x-bapi-limit": "20", "x-bapi-limit-status": remaining,
                "x-bapi-limit-reset-timestamp": "\(noon)750",
            ]
        }
        expect(headers("19"), as: .bybit, limit: 20, remaining: 19, reset: nil)
        expect(headers("1"), as: .bybit, limit: 20, remaining: 1, reset: nil)
        expect(headers("0"), as: .bybit, limit: 20, remaining: 0, reset: at(750))
    }

    @Test("Gate: likewise, in seconds")
    func gate() {
        func headers(_ remaining: String) -> Headers {
            [
                "x-gate-ratelimit-limit": "200", "x-gate-ratelimit-requests-remain": remaining,
                "x-gate-ratelimit-reset-timestamp": "\(noon + 4)",
            ]
        }
        expect(headers("1"), as: .gate, limit: 200, remaining: 1, reset: nil)
        expect(headers("0"), as: .gate, limit: 200, remaining: 0, reset: at(4000))
    }

    @Test("Binance says what is used in the minute, which ends on the minute")
    func binance() {
        let reading = read(["x-mbx-used-weight-1m": "1203"])
        #expect(reading?.used == 1203)
        #expect(reading?.limit == nil && reading?.remaining == nil)
        #expect(reading?.reset == at(60_000), "a minute has just begun")
        let later = HeaderTime(now: at(59_999), wallOffset: .seconds(noon))
        #expect(ProviderHeaderReader(.binance).read(later) { _ in "1" }?.reset == at(60_000))
        let before1970 = HeaderTime(now: at(1000), wallOffset: .seconds(-122))
        #expect(ProviderHeaderReader(.binance).read(before1970) { _ in "1" }?.reset == at(2000))
    }

    @Test("GitHub's reset is in epoch seconds")
    func github() {
        let headers = [
            "x-ratelimit-limit": "5000", "x-ratelimit-remaining": "4999", "x-ratelimit-reset": "\(noon + 1800)",
        ]
        expect(headers, as: .github, limit: 5000, remaining: 4999, reset: at(1_800_000))
        expect(headers, as: .xRateLimit, limit: 5000, remaining: 4999, reset: at(1_800_000))
    }

    @Test(
        "The unit of an X-RateLimit-Reset is told by its size",
        arguments: [
            ("30", 30_000), ("0.5", 500), ("604800", 604_800_000), ("999999999", 604_800_000),
            ("1000000000", 0), ("\(noon + 30)", 30_000), ("\(noon + 30).5", 30_500), ("99999999999", 604_800_000),
            ("100000000000", 0), ("\(noon)250", 250), ("\(noon)250.5", 250), ("99999999999999", 604_800_000),
            ("\(noon - 1)", 0), ("Sat, 21 Nov 2026 12:00:30 GMT", 30_000), ("2026-11-21T12:00:30Z", 30_000),
        ] as [(String, Int64)])
    func resetBySize(text: String, milliseconds: Int64) throws {
        let reading = try #require(read(["x-ratelimit-remaining": "5", "x-ratelimit-reset": text]))
        let reset = try #require(reading.reset)
        #expect((reset - at(0)).nanoseconds / 1_000_000 == milliseconds)
    }

    @Test(
        "Prose and nonsense in a reset are ignored, and what remains is not",
        arguments: [
            "", "soon", "Tue Feb 16 2021 09:02:42 GMT+0100 (Central European Standard Time)", "-5", "1h",
            "100000000000000", "999999999999999999999999", "in 30 seconds",
        ])
    func resetIsProse(text: String) {
        expect(
            ["x-ratelimit-remaining": "5", "x-ratelimit-reset": text], as: .xRateLimit, limit: nil, remaining: 5,
            reset: nil)
    }

    @Test("A limit may carry its policy, or several: the first counts")
    func limitWithPolicy() {
        for (text, limit) in [
            ("100", 100), ("100;w=60", 100), ("100, 10;w=1", 100), ("100 , 10", 100), ("0", 0), ("100x", nil),
            ("x", nil), ("-1", nil), ("1.5", nil), ("", nil), ("99999999999999999999", 1_000_000_000_000_000),
        ] as [(String, Int?)] {
            let reading = read(["x-ratelimit-remaining": "5", "x-ratelimit-limit": text])
            #expect(reading?.limit == limit, "\(text)")
        }
    }

    @Test("Shopify says used and limit in one")
    func shopify() {
        let name = "x-shopify-shop-api-call-limit"
        expect([name: "1/40"], as: .shopify, limit: 40, remaining: 39, reset: nil)
        expect([name: "40/40"], as: .shopify, limit: 40, remaining: 0, reset: nil)
        expect([name: "41/40"], as: .shopify, limit: 40, remaining: 0, reset: nil)
        for text in ["", "/", "1/", "/40", "1/40/2", "1//40", "1", "a/40", "1 /40", "-1/40"] {
            #expect(read([name: text]) == nil, "\(text)")
        }
    }

    @Test("OpenAI counts requests and tokens: the tighter by share is shown, and no more calls fit than the least")
    func openAI() {
        func headers(tokens: String) -> Headers {
            [
                "x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-requests": "30",
                "x-ratelimit-reset-requests": "1.5s", "x-ratelimit-limit-tokens": "150000",
                "x-ratelimit-remaining-tokens": tokens, "x-ratelimit-reset-tokens": "6m0s",
            ]
        }
        expect(headers(tokens: "75000"), as: .openai, limit: 60, remaining: 30, reset: at(1500))
        expect(headers(tokens: "74999"), as: .openai, limit: 150_000, remaining: 74_999, reset: at(360_000))
        #expect(read(headers(tokens: "74999"))?.leastRemaining == 30)
        #expect(read(headers(tokens: "29"))?.leastRemaining == 29)
        expect(headers(tokens: "nonsense"), as: .openai, limit: 60, remaining: 30, reset: at(1500))
    }

    @Test(
        "A duration as Go prints it",
        arguments: [
            ("17ms", 17_000_000), ("1s", 1_000_000_000), ("8.64s", 8_640_000_000), ("6m0s", 360_000_000_000),
            ("1h2m3.5s", 3_723_500_000_000), ("250us", 250_000), ("250µs", 250_000), ("1.5h", 5_400_000_000_000),
            ("90ns", 90), ("0s", 0), ("2", 2_000_000_000), ("99999h", 604_800_000_000_000), ("s", nil), ("1s2", nil),
            ("1d", nil), ("-1s", nil), ("1.s", nil), ("1 s", nil), ("", nil),
        ] as [(String, Int64?)])
    func goDurations(text: String, nanoseconds: Int64?) {
        let reading = read(["x-ratelimit-remaining-requests": "1", "x-ratelimit-reset-requests": text])
        #expect(reading?.reset == nanoseconds.map { Instant(nanoseconds: $0) })
    }

    @Test("Anthropic's four quotas, with timestamps")
    func anthropic() {
        var headers = [
            "anthropic-ratelimit-requests-limit": "50", "anthropic-ratelimit-requests-remaining": "49",
            "anthropic-ratelimit-requests-reset": "2026-11-21T12:00:01Z",
        ]
        expect(headers, as: .anthropic, limit: 50, remaining: 49, reset: at(1000))
        headers["anthropic-ratelimit-output-tokens-limit"] = "8000"
        headers["anthropic-ratelimit-output-tokens-remaining"] = "100"
        headers["anthropic-ratelimit-output-tokens-reset"] = "2026-11-21T13:00:30.25+01:00"
        expect(headers, as: .anthropic, limit: 8000, remaining: 100, reset: at(31_000))
        #expect(read(headers)?.leastRemaining == 49)
    }

    @Test(
        "A timestamp of RFC 3339",
        arguments: [
            ("2026-11-21T12:00:30Z", 30), ("2026-11-21t12:00:30z", 30), ("2026-11-21T14:30:30+02:30", 30),
            ("2026-11-21T11:30:30-00:30", 30), ("2026-11-21T12:00:30.0Z", 30), ("2026-11-21T12:00:30.001Z", 31),
            ("2026-11-21T12:00:30", nil), ("2026-11-21 12:00:30Z", nil), ("2026-11-21T12:00:30.Z", nil),
            ("2026-13-21T12:00:30Z", nil), ("2026-11-31T12:00:30Z", nil), ("2026/11/21T12:00:30Z", nil),
            ("2026-11-21T12:00:30+2:30", nil), ("2026-11-21T12:00:30+0230", nil), ("2026-11-21T12:00:30+24:00", nil),
            ("2026-11-21T12:00:30+02:60", nil), ("2026-11-21T12:00:30*02:00", nil), ("2026-11-21T24:00:30Z", nil),
            ("2026-11-21T12:00:30ZZ", nil), ("0001-01-01T00:00:00Z", 0), ("0000-12-31T00:00:00Z", nil),
            ("2026-11-21T12:00:30.0000000000000000001Z", 31), ("2026-11-21T12:00:30.00000000000000000001Z", nil),
        ] as [(String, Int64?)])
    func timestamps(text: String, seconds: Int64?) {
        let reading = read([
            "anthropic-ratelimit-requests-remaining": "1", "anthropic-ratelimit-requests-reset": text,
        ])
        #expect(reading?.reset == seconds.map { at(seconds: Double($0)) })
    }

    // MARK: The IETF's

    @Test("RateLimit of draft 08 and later, with and without its policy")
    func ietf() {
        expect(["ratelimit": #""default";r=50;t=30"#], as: .ietf, limit: nil, remaining: 50, reset: at(30_000))
        expect(
            ["ratelimit": #""default";r=50;t=30"#, "ratelimit-policy": #""default";q=100;w=60"#], as: .ietf,
            limit: 100, remaining: 50, reset: at(30_000))
        expect(
            ["ratelimit": #""a";r=50"#, "ratelimit-policy": #""b";q=100;w=60"#], as: .ietf, limit: nil,
            remaining: 50, reset: nil)
        expect(
            ["ratelimit": "default; r=5; t=0", "ratelimit-policy": "default; q=9; pk=:Zm9v:; x; y=?1; z=1.125"],
            as: .ietf, limit: 9, remaining: 5, reset: at(0))
        expect(
            ["ratelimit": #""a\"b\\c";r=5"#, "ratelimit-policy": #""a\"b\\c";q=9"#], as: .ietf, limit: 9,
            remaining: 5, reset: nil)
    }

    @Test("Of several policies the tightest counts, and only those of requests")
    func ietfSeveral() {
        let policy = #""burst";q=10;w=1, "day"; q=1000;w=86400, "bytes";q=100;qu="content-bytes""#
        func field(_ text: String) -> Headers {
            ["ratelimit": text, "ratelimit-policy": policy]
        }
        expect(
            field(#""burst";r=9;t=1, "day";r=899;t=5"#), as: .ietf, limit: 1000, remaining: 899, reset: at(5000))
        expect(field(#""burst";r=9;t=1, "day";r=900;t=5"#), as: .ietf, limit: 10, remaining: 9, reset: at(1000))
        expect(field(#""bytes";r=1, "day";r=900;t=5"#), as: .ietf, limit: 1000, remaining: 900, reset: at(5000))
        #expect(read(field(#""burst";r=9;t=1, "day";r=8;t=5"#))?.leastRemaining == 8)
        #expect(read(field(#""bytes";r=1"#)) == nil)
        let named = ["ratelimit": "a;r=5;r=6", "ratelimit-policy": #"a;q=1, a;q=9;qu="requests""#]
        expect(named, as: .ietf, limit: 9, remaining: 6, reset: nil)
    }

    @Test("RateLimit of draft 07")
    func ietfDictionary() {
        let headers = ["ratelimit": "limit=100, remaining=50,reset=5", "ratelimit-policy": "100;w=60"]
        expect(headers, as: .ietf, limit: 100, remaining: 50, reset: at(5000))
        #expect(read(["ratelimit": "limit=100, reset=5"]) == nil)
    }

    @Test("The older triple")
    func ietfTriple() {
        let headers = ["ratelimit-limit": "10, 10;w=1", "ratelimit-remaining": "9", "ratelimit-reset": "50"]
        expect(headers, as: .ietf, limit: 10, remaining: 9, reset: at(50_000))
        var epoch = headers
        epoch["ratelimit-reset"] = "\(noon + 1)"
        expect(epoch, as: .ietf, limit: 10, remaining: 9, reset: at(604_800_000))
    }

    @Test("Absurd figures are cut, and a reset to a week")
    func ietfAbsurd() {
        expect(
            ["ratelimit": "a;r=999999999999999;t=999999999999999"], as: .ietf, limit: nil,
            remaining: 999_999_999_999_999, reset: at(604_800_000))
    }

    @Test(
        "A structured field that is malformed anywhere is ignored as a whole",
        arguments: [
            "", ",", "a;r=1,", ",a;r=1", "a;r=1 b", "a;r=1;", "a;r=", "a;r=1;;t=1", "a;R=1", #""a;r=1"#, #""a\n";r=1"#,
            #""a\x";r=1"#, "a;r=1;t=1.", "a;r=1;t=1.1234", "a;r=1;x=?2", "a;r=1;x=:ab", "a;r=-", "a;r=1;x=é",
            "a;r=1234567890123456", "(a b);r=1", "a\u{1};r=1", "a;r=1, b=", #""remaining"=5"#, "Remaining=5",
            "a;r=1;x=\"\u{7f}\"", "a ;r=1", "a;r=-1", "a;r=1.0", "a;r=\"1\"", "a;r", "a",
        ])
    func ietfMalformed(text: String) {
        #expect(read(["ratelimit": text]) == nil)
    }

    @Test("A malformed policy costs the limit, not what remains")
    func ietfMalformedPolicy() {
        expect(
            ["ratelimit": #""a";r=5"#, "ratelimit-policy": #""a";q=100;"#], as: .ietf, limit: nil, remaining: 5,
            reset: nil)
    }

    @Test("A field of up to 2 KiB is read, a longer one is not")
    func ietfLength() {
        let start = "a;r=5;x=\""
        let fits = start + String(repeating: "x", count: 2048 - start.count - 1) + "\""
        #expect(read(["ratelimit": fits])?.remaining == 5)
        #expect(read(["ratelimit": fits + " "]) == nil)
    }

    // MARK: All of them

    @Test("With none nothing is looked up")
    func none() {
        let reader = ProviderHeaderReader(.none)
        #expect(reader.names.isEmpty)
        #expect(reader.read(headerTime) { _ in "1" } == nil)
    }

    @Test("Only the names listed are looked up, and they are lower case", arguments: ProviderHeaders.allCases)
    func names(dialect: ProviderHeaders) {
        let reader = ProviderHeaderReader(dialect)
        #expect(reader.names.allSatisfy { $0 == $0.lowercased() })
        for text in ["1", "0", "x", "1/40", "a;r=1", "remaining=1"] {
            _ = reader.read(headerTime) { name in
                #expect(reader.names.contains(name))
                return text
            }
        }
    }

    @Test("An answer without any costs one look-up for each dialect")
    func lookUps() {
        var asked: [String] = []
        let reading = ProviderHeaderReader(.auto).read(headerTime) { name in
            asked.append(name)
            return nil
        }
        #expect(reading == nil)
        #expect(asked.count == 9, "\(asked)")
    }

    @Test("What a provider says by its own name wins over what is named for all")
    func autoPrefersTheSpecific() {
        let headers = [
            "x-ratelimit-remaining": "1", "x-bapi-limit-status": "2", "ratelimit": "a;r=3", "ratelimit-remaining": "4",
        ]
        #expect(read(headers)?.remaining == 2)
        #expect(read(headers.filter { $0.key != "x-bapi-limit-status" })?.remaining == 3)
        var broken = headers
        broken["x-bapi-limit-status"] = "many"
        #expect(read(broken)?.remaining == 3, "what is malformed is as if it were not there")
        #expect(read(headers, as: .github)?.remaining == 1)
    }

    @Test("A quota of 0 is tight, and one whose limit is not known is compared by what remains")
    func tightness() {
        func read(_ requests: (String?, String), _ tokens: (String?, String)) -> Int? {
            var headers = ["x-ratelimit-remaining-requests": requests.1, "x-ratelimit-remaining-tokens": tokens.1]
            headers["x-ratelimit-limit-requests"] = requests.0
            headers["x-ratelimit-limit-tokens"] = tokens.0
            return self.read(headers)?.remaining
        }
        #expect(read((nil, "5"), ("10", "4")) == 4)
        #expect(read((nil, "4"), ("10", "5")) == 4)
        #expect(read(("10", "5"), ("0", "0")) == 0)
        #expect(read(("10", "5"), ("100", "50")) == 5, "equal shares: the first")
        let equal = [
            "x-ratelimit-remaining-requests": "5", "x-ratelimit-reset-requests": "1s",
            "x-ratelimit-remaining-tokens": "5", "x-ratelimit-reset-tokens": "2s",
        ]
        #expect(self.read(equal)?.reset == at(1000), "likewise")
    }
}
