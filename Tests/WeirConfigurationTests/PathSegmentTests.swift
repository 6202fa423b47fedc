import Testing
import WeirProxy

@Suite("Segments of paths")
struct PathSegmentTests {
    private func segment(_ name: String, of pattern: String, in path: String) throws -> String? {
        let bytes = Array(path.utf8)
        let range = try PathPattern(pattern).segment(named: name, in: bytes.span)
        return range.map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    @Test("A named segment is found where the pattern has it")
    func found() throws {
        #expect(try segment("id", of: "/users/{id}/orders", in: "/users/7/orders") == "7")
        #expect(try segment("b", of: "/{a}/{b}", in: "/x/y%20z") == "y%20z")
        #expect(try segment("a", of: "/{a}/{b}", in: "/x/y") == "x")
        #expect(try segment("id", of: "/users/{id}/*", in: "/users/me/") == "me")
    }

    @Test("There is none where the path does not fit, or the pattern has no such name")
    func absent() throws {
        #expect(try segment("id", of: "/users/{id}", in: "/users/") == nil)
        #expect(try segment("id", of: "/users/{id}", in: "/user/7") == nil)
        #expect(try segment("no", of: "/users/{id}", in: "/users/7") == nil)
        #expect(try segment("id", of: "/users/*", in: "/users/7") == nil)
        #expect(try PathPattern("/a/{x}/b/{y}").segmentNames == ["x", "y"])
    }

    @Test("A name stands once in a pattern, and has no signs of its own", arguments: ["/{a}/{a}", "/{a{b}", "/{a*}"])
    func refused(pattern: String) {
        #expect(throws: PathPatternError.self) { try PathPattern(pattern) }
    }
}
