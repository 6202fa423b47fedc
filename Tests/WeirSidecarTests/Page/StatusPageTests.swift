import FoundationEssentials
import Testing

@testable import WeirSidecar

/// The document that the server renders.
@Suite("The page as rendered")
struct StatusPageTests {
    @Test("shows what is wrong, the limits and the rows, worst first, without a script")
    func rows() throws {
        let page = render(PageSample.status)
        for text in [
            "2 problems", "bybit is frozen", "12 s", "place_order circuit is open", "21 s", "to the next probe",
            "123/600", "per 5 s", "4213 keys", "oldest waits 1.2 s", "10 failed", "55 refused",
        ] {
            #expect(page.contains(text), "\(text)")
        }
        let bad = try #require(page.firstRange(of: "e-bybit/place_order\"><th"))
        let good = try #require(page.firstRange(of: "e-bybit/wallet\"><th"))
        #expect(bad.lowerBound < good.lowerBound)
    }

    @Test("draws the reserve, what is taken away, and the mark of the provider on the limit of its figure")
    func bars() {
        let page = render(PageSample.status)
        #expect(page.contains(#"<rect class="reserve" height="100%" x="45.00%" width="5.00%"/>"#))
        #expect(page.contains(#"<rect class="gone" height="100%" x="50.00%" width="50.00%"/>"#))
        #expect(page.contains(#"<rect class="fill" height="100%" x="0.00%" width="20.50%"/>"#))
        #expect(page.contains(#"<rect class="provider" height="100%" x="19.80%" width="2"/>"#))
        #expect(page.count(of: #"class="provider""#) == 1)
    }

    @Test("lets no data become markup, wherever it stands")
    func hostile() {
        let hostile = "\\\"><script>alert(1)</script><img src=x onerror='alert(2)'>"
        let names = ["bybit", "place_order", "ip", "orders", "shadow", "high", "open", "weir.yaml", "frozen", "0.1.0"]
        for name in names {
            let status = PageSample.status.replacing("\"\(name)\"", with: "\"\(hostile)\"")
            #expect(status != PageSample.status, "\(name)")
            #expect(StatusReport(json: Array(status.utf8)) != nil, "\(name)")
            let events = PageSample.events.map { $0.replacing("\"open\"", with: "\"\(hostile)\"") }
            let page = render(status, events: events)
            #expect(!page.contains("<script>"), "\(name)")
            #expect(!page.contains("<img"), "\(name)")
            #expect(!page.contains("onerror='"), "\(name)")
            #expect(page.contains("&lt;script&gt;"), "\(name)")
        }
    }

    @Test("shows the last thirty events, newest first")
    func events() throws {
        let events = (1...31).map { #"{"seq":\#($0),"time":"t\#($0)","type":"thaw","upstream":"u\#($0)"}"# }
        let page = render(PageSample.status, events: events)
        #expect(page.count(of: "<li class=\"event ") == 30)
        #expect(!page.contains(">t1<"))
        let newest = try #require(page.firstRange(of: ">t31<"))
        let oldest = try #require(page.firstRange(of: ">t2<"))
        #expect(newest.lowerBound < oldest.lowerBound)
    }

    @Test("says that the state is unknown when there is none to read", arguments: ["", "{}", "[1]", "{\"version\":1}"])
    func unreadable(status: String) {
        let page = render(status)
        #expect(page.contains("State unknown"))
        #expect(page.hasSuffix("</html>"))
    }

    @Test("names its style and its script by hash, and allows nothing from elsewhere")
    func policy() {
        let page = StatusPage(document: [], style: Array("abc".utf8), script: [])
        let policy = page.contentSecurityPolicy
        #expect(policy.contains("default-src 'none'"))
        #expect(policy.contains("style-src 'sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='"))
        #expect(policy.contains("script-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"))
        #expect(!policy.contains("unsafe"))
        #expect(!policy.contains("http"))
    }

    @Test("is one document: it loads nothing, and fills every slot")
    func selfContained() {
        let page = String(decoding: StatusPage().render(status: Array(PageSample.status.utf8)), as: UTF8.self)
        #expect(!page.contains("{{"))
        #expect(!page.contains(" src="))
        #expect(!page.contains("@import"))
        #expect(!page.contains("url("))
        #expect(page.count(of: "<script") == 1)
        #expect(page.count(of: "</script") == 1)
        #expect(page.count(of: "<style") == 1)
        #expect(!page.contains("innerHTML"))
    }

    /// The document without style and script, whose text would be found too.
    private func render(_ status: String, events: [String] = []) -> String {
        let slots = ["verdict", "verdict_class", "problems", "upstreams", "events", "about", "version"]
        let document = slots.map { "{{\($0)}}" }.joined() + "</html>"
        let page = StatusPage(document: Array(document.utf8), style: [], script: [])
        let bytes = page.render(status: Array(status.utf8), events: events.map { Array($0.utf8) })
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension String {
    fileprivate func count(of text: String) -> Int {
        ranges(of: text).count
    }
}
