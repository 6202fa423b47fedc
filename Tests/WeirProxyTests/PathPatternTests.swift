import Testing
import WeirProxy

@Suite("Path patterns")
struct PathPatternTests {
    @Test(
        "Match the whole raw path, a {name} one segment, a final * the rest",
        arguments: [
            ("/v5/order/create", "/v5/order/create", true),
            ("/v5/order/create", "/v5/order/create/", false),
            ("/v5/order/create", "/v5/order/creat", false),
            ("/v5/order/create", "/V5/order/create", false),
            ("/users/{id}/orders", "/users/7/orders", true),
            ("/users/{id}/orders", "/users/%2F/orders", true),
            ("/users/{id}/orders", "/users//orders", false),
            ("/users/{id}/orders", "/users/7/8/orders", false),
            ("/users/{id}", "/users/7", true),
            ("/v5/market/*", "/v5/market/tickers", true),
            ("/v5/market/*", "/v5/market/a/b", true),
            ("/v5/market/*", "/v5/market/", true),
            ("/v5/market/*", "/v5/market", false),
            ("/v5/mark*", "/v5/market/x", true),
            ("/*", "/", true),
            ("/", "/", true),
            ("/", "/x", false),
            ("/a/{b}/*", "/a/1/c/d", true),
        ])
    func matching(pattern: String, path: String, matches: Bool) throws {
        let pattern = try PathPattern(pattern)
        #expect(Array(path.utf8).withSpan { pattern.matches($0) } == matches)
    }

    @Test(
        "A pattern that could not mean anything is refused",
        arguments: ["", "x", "/a*b", "/a/*/b", "/a{b}", "/{}", "/**"])
    func refused(pattern: String) {
        #expect(throws: PathPatternError.self) { try PathPattern(pattern) }
    }
}

extension [UInt8] {
    fileprivate func withSpan<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        body(span)
    }
}
