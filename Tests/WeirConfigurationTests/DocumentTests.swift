import Testing
import WeirConfiguration
import WeirCore
import WeirProxy

@Suite("YAML documents")
struct DocumentTests {
    @Test(
        "What is no YAML is one problem at its place",
        arguments: [
            (
                "a: [1, 2\nb: 3\n",
                "weir.yaml:2:2: not valid YAML: did not find expected ',' or ']'"
                    + " (while parsing a flow sequence at 1:4)"
            ),
            (
                "a:\n\t- 1\n",
                "weir.yaml:2:1: not valid YAML: found character that cannot start any token"
                    + " (while scanning for the next token at 2:1)"
            ),
            (
                "a: \"x\n",
                "weir.yaml:2:1: not valid YAML: found unexpected end of stream"
                    + " (while scanning a quoted scalar at 1:4)"
            ),
            ("ä: 1\nb: x\u{7}y\n", "weir.yaml:2:5: not valid YAML: control characters are not allowed"),
            ("a: 1\n---\nb: 2\n", "weir.yaml:2:1: not valid YAML: but found another document"),
            ("ü:\n  äö: 1\n  b: 1\n  äö: 2\n", "weir.yaml:2:3: the key \"äö\" is given twice"),
            ("a: *b\n", "weir.yaml:1:4: an alias whose anchor does not stand before it"),
            ("a: &b [*b]\n", "weir.yaml:1:8: an alias whose anchor does not stand before it"),
            ("a: [*.example.com]\n", "weir.yaml:1:5: text that begins with * must be quoted"),
            ("a: !env X\n", "weir.yaml:1:4: tags such as !name have no meaning here"),
            ("? [a]\n: 1\n", "weir.yaml:1:3: a key must be a plain name"),
            ("a: &b x\n*b : 1\n", "weir.yaml:2:1: a key must be a plain name"),
            ("a: \u{E000}\n", "weir.yaml:1:4: not valid here: the private character U+E000"),
        ])
    func syntax(text: String, problem: String) {
        #expect(problems(text) == [problem])
    }

    @Test("An empty file wants upstreams", arguments: ["", "\n", "# nothing\n", "~", "\u{FEFF}", "---\n"])
    func empty(text: String) {
        #expect(problems(text).map { $0.drop { $0 != " " } } == [" missing key \"upstreams\""])
    }

    @Test("A file that is no mapping says what it is")
    func notMapping() {
        #expect(problems("- a\n") == ["weir.yaml:1:1: expected a mapping, found a list"])
        #expect(problems("upstreams\n") == ["weir.yaml:1:1: expected a mapping, found \"upstreams\""])
    }

    @Test("Anchors and aliases work, and a star elsewhere is a star")
    func aliases() throws {
        let read = try upstream(
            withUpstream(
                """
                timeouts: { connect: &short 3s, idle: *short }
                limits: &limits   # * not an *alias
                  - { name: ip, algorithm: sliding_window, requests: 5, per: *short }
                request_headers: { X-A: "*a", X-B: '*b', X-C: a *c*, X-D: "a\\
                  *d" }
                endpoints:
                  - { name: a, match: { path: /a/* } }
                  - { name: b, match: { path: "/b/*" }, queue: &queue { max_wait: 4s } }
                  - { name: c, match: { path: /c }, queue: *queue }
                """))
        #expect(read.timeouts.idle == .seconds(3))
        #expect(read.requestHeaders.map(\.value) == ["*a", "*b", "a *c*", "a*d"])
        #expect(read.endpoints.map(\.match.path?.description) == ["/a/*", "/b/*", "/c", nil])
        #expect(read.endpoints[2].line.maxWait == .seconds(4))
    }

    @Test("A problem under an alias stands where the text stands, once for each use")
    func aliasedProblem() {
        #expect(
            problems(withUpstream("timeouts: { connect: &a 3x, idle: *a }")) == [
                "weir.yaml:5:26: upstreams[0].timeouts.connect: expected a duration such as 500ms or 5s, found \"3x\"",
                "weir.yaml:5:26: upstreams[0].timeouts.idle: expected a duration such as 500ms or 5s, found \"3x\"",
            ])
    }

    @Test("A byte order mark and CRLF change no place")
    func windows() {
        #expect(
            problems("\u{FEFF}upstream: []\r\nlog: 1\r\n") == [
                "weir.yaml:1:1: missing key \"upstreams\"",
                "weir.yaml:1:1: unknown key \"upstream\", did you mean \"upstreams\"?",
                "weir.yaml:2:6: log: expected a mapping, found \"1\"",
            ])
    }

    @Test("A bomb of aliases is refused at once, in values and in keys")
    func bombs() {
        var text = "a0: &a0 [x]\n"
        for level in 1...40 { text += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1), *a\(level - 1)]\n" }
        #expect(problems(text).first?.hasSuffix("more than 100000 values, aliases expanded") == true)
        #expect(problems("{" + text.replacing("\n", with: ", ") + " ? [*a40] : 1 }").count == 1)
        #expect(problems(text + "*a40 : 1\n").count == 1)
        #expect(problems(text + "{*a40:1}: 1\n").count == 1)
    }

    @Test("Deep nesting is refused", arguments: [65, 500, 999, 1001, 20_000])
    func deep(levels: Int) {
        let texts = [
            String(repeating: "[", count: levels) + String(repeating: "]", count: levels),
            String(repeating: "[", count: levels), String(repeating: "- ", count: levels) + "a",
            String(repeating: "? ", count: levels) + "a", String(repeating: "{a: ", count: levels),
            (0..<min(levels, 1200)).map { String(repeating: " ", count: $0) + "a:\n" }.joined(),
        ]
        for text in texts { #expect(problems("upstreams: \n" + text).count == 1) }
    }

    @Test("A text above 1 MiB, or with too many values, is refused")
    func large() {
        let padding = String(repeating: "#", count: 1 << 20)
        #expect(problems(padding + "x") == ["weir.yaml: is larger than 1 MiB"])
        #expect(problems(String(padding.dropLast())).count == 1)
        let values = "upstreams: [" + String(repeating: "1,", count: 150_000) + "]"
        #expect(problems(values).first?.hasSuffix("more than 100000 values, aliases expanded") == true)
    }
}
