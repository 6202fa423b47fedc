import Testing

@testable import WeirProxy

@Suite("The TLS sessions of a provider")
struct TLSSessionsTests {
    @Test("are within reach in NIOSSL as it is now", arguments: [true, false])
    func reach(isSecure: Bool) throws {
        let transport = isSecure ? UpstreamURL.Transport.https(host: "h", port: 9) : .http(host: "h", port: 9)
        let settings = UpstreamSettings(
            name: "api", listen: .tcp(host: "127.0.0.1", port: 0), url: UpstreamURL(transport: transport),
            endpoints: [EndpointSettings(name: EndpointSettings.otherName, match: EndpointMatch())])
        let place = try UpstreamPlace(settings)
        #expect((place.sessions != nil) == isSecure)
    }
}
