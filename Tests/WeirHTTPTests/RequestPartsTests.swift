import NIOCore
import Testing
import WeirHTTP

@Suite("Parts of a request")
struct RequestPartsTests {
    private func text(_ span: Span<UInt8>) -> String {
        String(decoding: span.indices.map { span[$0] }, as: UTF8.self)
    }

    private func head(_ target: String = "/", _ lines: String = "", host: String = "h") throws -> RequestHead {
        try #require(try request("GET \(target) HTTP/1.1\r\nHost: \(host)\r\n\(lines)\r\n"))
    }

    @Test("a field is found by a name made ready, whether the parser knows it or not")
    func fields() throws {
        let head = try head("/", "X-Key:  one \r\nx-key: two\r\nIdempotency-Key: k\r\nWeir-Other: w\r\nEmpty:\r\n")
        #expect(head.withFirst(FieldName("x-KEY")) { text($0) } == "one")
        #expect(head.withFirst(FieldName("Idempotency-Key")) { text($0) } == "k")
        #expect(head.withFirst(FieldName("weir-other")) { text($0) } == "w")
        #expect(head.withFirst(FieldName("weir-others")) { text($0) } == nil)
        #expect(head.withFirst(FieldName("empty")) { text($0) }?.isEmpty == true)
        for name in ["retry-after", "x-ke", "x-keys", "", "no token"] {
            #expect(head.withFirst(FieldName(name)) { text($0) } == nil, "\(name)")
        }
    }

    static let cookies: [(String, String?)] = [
        ("a=1", "1"), ("b=2; a=1", "1"), ("b=2;a=1;c", "1"), ("a=1; a=2", "1"), ("\ta=1 ;", "1"), ("a=\"q; r\"", "\"q"),
        ("a=b=c", "b=c"), ("a=", ""), ("a", ""), ("A=1", nil), ("ab=1; ba=2", nil), ("", nil), (";;=;", nil),
    ]

    @Test("a cookie is found by its exact name", arguments: cookies)
    func cookie(_ value: String, _ expected: String?) throws {
        #expect(try head("/", "Cookie: \(value)\r\n").withCookie("a".utf8) { text($0) } == expected)
        let second = try head("/", "Cookie: z=9\r\ncookie: \(value)\r\n")
        #expect(second.withCookie("a".utf8) { text($0) } == expected)
        #expect(second.withCookie("z".utf8) { text($0) } == "9")
    }

    static let queries: [(String, String?)] = [
        ("/?a=1", "1"), ("/?b=2&a=1&a=3", "1"), ("/?a", ""), ("/?a=", ""), ("/?a==", "="), ("/?a=%20+", "%20+"),
        ("/?b=a=1", nil), ("/?A=1", nil), ("/?", nil), ("/a=1", nil), ("/?&&a=1&", "1"), ("/?%61=1", nil),
        ("http://h?a=1", "1"), ("/?x?a=1", nil),
    ]

    @Test("a query item is found by its exact name, and not decoded", arguments: queries)
    func query(_ target: String, _ expected: String?) throws {
        #expect(try head(target).withQueryItem("a".utf8) { text($0) } == expected)
    }

    @Test("the members of X-Forwarded-For come last first, over all its fields, and are bounded")
    func forwardedFor() throws {
        func members(_ lines: String, most: Int = .max) throws -> [String] {
            var seen: [String] = []
            try head("/", lines).walkForwardedFor { member in
                seen.append(text(member))
                return seen.count < most
            }
            return seen
        }
        let lines =
            "X-Forwarded-For: 1.1.1.1 ,, ::1\r\nX: y\r\nx-forwarded-for:\r\nX-FORWARDED-FOR: 2.2.2.2,3.3.3.3,\r\n"
        #expect(try members(lines) == ["3.3.3.3", "2.2.2.2", "::1", "1.1.1.1"])
        #expect(try members(lines, most: 2) == ["3.3.3.3", "2.2.2.2"])
        #expect(try members("Forwarded: for=1\r\n") == [])
        let many = (1...200).map { "\($0)" }.joined(separator: ",")
        #expect(try members("X-Forwarded-For: \(many)\r\n") == (137...200).reversed().map { "\($0)" })
    }

    static let hosts: [(String, String, Bool)] = [
        ("api.example", "api.example", true), ("API.Example:8080", "api.example", true),
        ("api.example", "API.EXAMPLE", true),
        ("api.example", "example", false), ("api.example.com", "api.example", false), ("[::1]:80", "[::1]", true),
        ("[::1]", "::1", false),
    ]

    @Test("a host is compared without letter case and port", arguments: hosts)
    func host(_ sent: String, _ asked: String, _ isSame: Bool) throws {
        #expect(try head(host: sent).isAddressed(to: asked.utf8) == isSame)
        #expect(try request("GET / HTTP/1.0\r\n\r\n")?.isAddressed(to: asked.utf8) == false)
    }

    @Test("fields that CGI would take for framing are refused", arguments: ["Content_Length", "TRANSFER_ENCODING"])
    func lookalikes(_ name: String) {
        #expect(throws: HTTPDefect.self) { try head("/", "\(name): 5\r\n") }
        #expect(throws: HTTPDefect.self) { try head("/", "Connection: \(name)\r\n") }
        #expect(throws: Never.self) { try head("/", "X\(name): 5\r\n") }
    }
}
