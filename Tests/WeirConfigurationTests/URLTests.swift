import Testing
import WeirConfiguration
import WeirProxy

@Suite("URLs of providers")
struct URLTests {
    private static func configuration(_ url: String) -> String {
        "upstreams:\n  - name: a\n    listen: 127.0.0.1:1\n    url: '\(url)'\n"
    }

    @Test(
        "A URL is taken apart",
        arguments: [
            ("https://api.bybit.com", UpstreamURL(transport: .https(host: "api.bybit.com", port: 443))),
            ("http://api.bybit.com", UpstreamURL(transport: .http(host: "api.bybit.com", port: 80))),
            ("HTTPS://API.Bybit.com:8443/", UpstreamURL(transport: .https(host: "api.bybit.com", port: 8443))),
            (
                "http://10.0.0.1:8080/a/b/",
                UpstreamURL(transport: .http(host: "10.0.0.1", port: 8080), pathPrefix: "/a/b")
            ),
            ("http://[2001:db8::1]/x", UpstreamURL(transport: .http(host: "2001:db8::1", port: 80), pathPrefix: "/x")),
            ("http://[::1]:9", UpstreamURL(transport: .http(host: "::1", port: 9))),
            ("http://x/a%20b", UpstreamURL(transport: .http(host: "x", port: 80), pathPrefix: "/a%20b")),
            ("unix:/run/app.sock", UpstreamURL(transport: .unix(path: "/run/app.sock"))),
        ])
    func good(text: String, url: UpstreamURL) throws {
        #expect(try upstream(Self.configuration(text)).url == url)
    }

    @Test(
        "What is no URL is refused",
        arguments: [
            "api.bybit.com", "ftp://x", "https://", "https:///x", "https://x:", "https://x:0", "https://x:65536",
            "http:/x",
            "https://x y", "https://[::1", "https://::1", "https://[::1]x", "https://1.2.3", "https://ä.de",
            "unix:run/x", "",
        ])
    func bad(text: String) {
        let expected = "expected a URL such as https://api.example.com, http://10.0.0.1:8080 or unix:/run/app.sock"
        #expect(
            problems(Self.configuration(text)) == ["weir.yaml:4:10: upstreams[0].url: \(expected), found \"\(text)\""])
    }

    @Test("A path that cannot go on the wire is refused", arguments: ["/a b", "/a%2", "/%zz", "/{id}", "/ä"])
    func badPath(path: String) {
        #expect(
            problems(Self.configuration("http://x" + path)) == [
                "weir.yaml:4:10: upstreams[0].url: expected a URL whose path is written as it goes on the wire,"
                    + " found \"http://x\(path)\""
            ])
    }

    @Test(
        "User information and queries are refused without being shown",
        arguments: [
            ("https://joe:hunter2@x", "user information"), ("https://hunter2@x", "user information"),
            ("https://joe:hun/ter2@x:y", "user information"), ("https://x?key=hunter2", "query and fragment"),
            ("https://x/#hunter2", "query and fragment"),
        ])
    func concealed(text: String, what: String) {
        #expect(
            problems(Self.configuration(text)) == [
                "weir.yaml:4:10: upstreams[0].url: expected a URL without \(what), found a value that is not shown"
            ])
    }
}
